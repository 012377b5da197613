import { defineCommand } from './define.ts';

export const gitTagCommand = defineCommand<[string, string | undefined]>({
  name: 'git-tag',
  summary: 'tag the commit of a release in git, with its notes; only here, nothing is pushed',
  shape: (command) =>
    command
      .argument('<release>', 'a release’s id or version')
      .argument('[name]', 'of the tag (default: v and the version)'),
  run: async (context, _options, release, name) => {
    const [{ resolveRelease }, { tagRelease }] = await Promise.all([
      import('../release-argument.ts'),
      import('../tag-release.ts'),
    ]);
    const workspace = await context.session.workspace();
    const client = await context.session.client();
    const id = await resolveRelease(client, workspace, release);
    const made = await tagRelease(context, workspace.id, id, name);
    if (context.json) context.print(made, () => '');
  },
});
