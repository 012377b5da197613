import type { RunSummary } from '#shared/domain/run.ts';
import { subject } from '#shared/domain/run-notice.ts';

export type QuitQuestion = { readonly message: string; readonly detail: string };

/** What to ask before the app ends. Undefined: this process carries out no run. Those of other shells go on without it. */
export function quitQuestion(running: readonly RunSummary[]): QuitQuestion | undefined {
  const [first] = running;
  if (first === undefined) return undefined;
  const isOne = running.length === 1;
  return {
    message: isOne
      ? `Run ${first.id}, the ${subject(first)}, is not finished.`
      : `${running.length} runs are not finished.`,
    detail: `Quitting interrupts ${isOne ? 'it' : 'them'}. The next start of Gantry finds out what is true and closes ${isOne ? 'it' : 'them'}.`,
  };
}
