import type { BrowserWindow } from 'electron';
import { GantryError } from '#shared/domain/errors.ts';
import type { ElectronModule } from './electron-module.ts';
import type { QuitQuestion } from './quit-question.ts';

type Dialog = Pick<ElectronModule, 'dialog'>;

export async function chooseFolder(
  { dialog }: Dialog,
  owner: BrowserWindow | undefined,
): Promise<string | null> {
  const question = { title: 'Open Folder', properties: ['openDirectory' as const] };
  const { canceled, filePaths } = await (owner === undefined
    ? dialog.showOpenDialog(question)
    : dialog.showOpenDialog(owner, question));
  return canceled ? null : (filePaths[0] ?? null);
}

/** True: quit. */
export async function askToQuit({ dialog }: Dialog, { message, detail }: QuitQuestion): Promise<boolean> {
  const buttons = ['Keep Running', 'Quit'];
  const { response } = await dialog.showMessageBox({
    type: 'question',
    message,
    detail,
    buttons,
    defaultId: 0,
    cancelId: 0,
  });
  return buttons[response] === 'Quit';
}

export function explainNoStart({ dialog }: Dialog, error: unknown): void {
  const text =
    error instanceof GantryError ? `${error.message}\n\n${error.hint}` : `This is a bug: ${String(error)}`;
  dialog.showErrorBox('Gantry cannot start', text);
}
