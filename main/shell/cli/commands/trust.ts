import { defineCommand } from './define.ts';

export const trustCommand = defineCommand({
  name: 'trust',
  summary: 'let this workspace’s gantry.yml run its commands on this machine',
  run: async ({ session, print }) => {
    const view = await session.workspace();
    const client = await session.client();
    const trusted = view.trusted ? view : await client.workspaces.trust({ workspaceId: view.id });
    const { plain } = await import('../text/format.ts');
    print(trusted, () =>
      [
        `${plain(trusted.folder)} is trusted. It may run:`,
        ...trusted.commands.map((text) => `  ${plain(text)}`),
        '',
      ].join('\n'),
    );
  },
});
