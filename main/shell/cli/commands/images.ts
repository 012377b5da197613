import type { GlobalOptions } from '../command-context.ts';
import { limit } from './arguments.ts';
import { defineCommand } from './define.ts';

type ImagesOptions = GlobalOptions & { readonly limit: number; readonly registry: boolean };

export const imagesCommand = defineCommand<[], ImagesOptions>({
  name: 'images',
  summary: 'the releases with their images: where each is, what runs it, and which are gone',
  shape: (command) =>
    command
      .option('-n, --limit <count>', 'how many releases, newest first', limit, 20)
      .option('--no-registry', 'ask no registry, which takes longest'),
  run: async ({ session, print, terminal, world }, { limit: count, registry }) => {
    const { id: workspaceId } = await session.workspace();
    const client = await session.client();
    const list = await client.images.list({ workspaceId, limit: count, registry });
    const { imagesText } = await import('../text/images-text.ts');
    print(list, () => imagesText(list, world.now(), terminal.style));
  },
});
