import type { GlobalOptions } from '../command-context.ts';
import { defineCommand } from './define.ts';

export const statusCommand = defineCommand<[], GlobalOptions & { readonly observe: boolean }>({
  name: 'status',
  summary: 'what runs where, and what separates the environments',
  shape: (command) =>
    command.option('--no-observe', 'answer from the ledger alone, without asking the targets'),
  run: async ({ session, print, terminal, json }, { observe }) => {
    const workspace = await session.workspace();
    const client = await session.client();
    const board = await client.board.get({ workspaceId: workspace.id, observe });
    // Scripts ask for JSON, often, and need none of the files that make the text.
    const text = json ? '' : (await import('../text/board-text.ts')).boardText(board, terminal.style);
    print(board, () => text);
  },
});
