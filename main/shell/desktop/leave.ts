import type { RunSummary } from '#shared/domain/run.ts';
import type { ElectronModule } from './electron-module.ts';
import { type QuitQuestion, quitQuestion } from './quit-question.ts';

export type Leaving = {
  /** For a window's close: true where closing it would end the app, which is asked for instead. */
  keepsWindow(): boolean;
};

/**
 * Ends the app in order: asks while something of ours is not finished, then closes everything down, then quits. A second
 * request while one is under way changes nothing.
 */
export function leaveInOrder(
  { app }: Pick<ElectronModule, 'app'>,
  options: {
    readonly platform: NodeJS.Platform;
    readonly running: () => Promise<readonly RunSummary[]>;
    readonly ask: (question: QuitQuestion) => Promise<boolean>;
    readonly dispose: () => Promise<void>;
  },
): Leaving {
  let state: 'here' | 'leaving' | 'gone' = 'here';

  const leave = async (): Promise<void> => {
    // Where the ledger no longer answers there is nothing to ask about.
    const question = quitQuestion(await options.running().catch(() => []));
    if (question !== undefined && !(await options.ask(question))) {
      state = 'here';
      return;
    }
    await options.dispose().catch(() => undefined);
    state = 'gone';
    app.quit();
  };

  app.on('before-quit', (event) => {
    if (state === 'gone') return;
    event.preventDefault();
    if (state === 'leaving') return;
    state = 'leaving';
    void leave();
  });
  app.on('window-all-closed', () => {
    // On a Mac an app goes on without a window.
    if (options.platform !== 'darwin') app.quit();
  });
  return {
    keepsWindow: () => {
      if (options.platform === 'darwin' || state === 'gone') return false;
      app.quit();
      return true;
    },
  };
}
