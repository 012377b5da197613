import type { GlobalOptions } from '../command-context.ts';
import { defineCommand } from './define.ts';

type NotesOptions = GlobalOptions & { readonly since?: string; readonly markdown?: boolean };

export const notesCommand = defineCommand<[string | undefined], NotesOptions>({
  name: 'notes',
  summary: 'the commits that came in with a release, grouped as conventional commits say',
  shape: (command) =>
    command
      .argument('[release]', 'a release’s id or version (default: the newest)')
      .option('--since <release>', 'since that release (default: the one before on its branch)')
      .option('--markdown', 'as Markdown, for a changelog or a pull request'),
  run: async ({ session, print }, { since, markdown }, named) => {
    const [{ newestOf }, { findRelease }, { notesMarkdown, notesText }, { plainLines }] = await Promise.all([
      import('../release-argument.ts'),
      import('#shared/domain/find-release.ts'),
      import('#shared/domain/release-notes.ts'),
      import('../text/format.ts'),
    ]);
    const { id: workspaceId } = await session.workspace();
    const client = await session.client();
    const releases = await client.releases.list({ workspaceId, limit: 500 });
    const release = named === undefined ? newestOf(releases) : findRelease(releases, named);
    const { id, version, source } = release;
    const against = since === undefined ? {} : { since: findRelease(releases, since).id };
    const notes = await client.releases.notes({ workspaceId, release: id, ...against });
    const write = markdown === true ? notesMarkdown : notesText;
    print({ release: id, version, uncommittedFiles: source.uncommittedFiles, ...notes }, () =>
      plainLines(write(notes, version, source.uncommittedFiles)),
    );
  },
});
