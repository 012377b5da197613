import type { WorkspaceView } from '#shared/domain/workspace.ts';
import type { CommandContext } from './command-context.ts';
import { plain } from './text/format.ts';

/**
 * The workspace, after asking a person on a terminal whether its commands may run. Elsewhere it stays untrusted, and
 * the core refuses what would run them.
 */
export async function trustedWorkspace({ session, terminal, json }: CommandContext): Promise<WorkspaceView> {
  const view = await session.workspace();
  if (view.trusted || json || !terminal.canAsk) return view;
  terminal.err(trustText(view));
  const answer = await terminal.ask('Trust this workspace? [y/N] ');
  if (!/^y(es)?$/i.test(answer ?? '')) return view;
  return (await session.client()).workspaces.trust({ workspaceId: view.id });
}

export function trustText({ folder, commands }: Pick<WorkspaceView, 'folder' | 'commands'>): string {
  const lines = [`${plain(folder)} is not trusted yet. Building and deploying it runs on this machine:`];
  return [...lines, ...commands.map((command) => `  ${plain(command)}`), ''].join('\n');
}
