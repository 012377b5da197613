import type { FailureChoice } from '#shared/domain/after-failure.ts';
import { assertNever } from '#shared/domain/errors.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import type { Style } from '../terminal.ts';
import { plain } from './format.ts';

/** One line for each thing that can be done after a run that did not end well, as it would be typed. */
export function choiceLines(view: RunView, choices: readonly FailureChoice[], style: Style): string[] {
  const lines = choices.map((choice) => ({ ...choiceWords(view, choice), why: choice.why }));
  const width = Math.max(0, ...lines.map(({ command }) => command.length));
  return lines.map(({ command, what, why }, index) => {
    const lead = style.dim(index === 0 ? 'next: ' : '      ');
    const refused = why === undefined ? '' : style.dim(` (not now: ${plain(why)})`);
    return `${lead} ${command.padEnd(width)}  ${what}${refused}`;
  });
}

function choiceWords(
  { id, environment, state }: RunView,
  choice: FailureChoice,
): { readonly command: string; readonly what: string } {
  switch (choice.kind) {
    case 'retry':
      return { command: `gantry retry ${id}`, what: `goes on from “${plain(choice.from.title)}”` };
    case 'roll-back':
      return {
        command: `gantry rollback ${environment ?? ''} ${choice.release}`,
        what: 'takes it back to what ran before',
      };
    case 'leave':
      return {
        command: `gantry give-up ${id}`,
        what: `gives up: the run stays ${state}, ${environment} as it is`,
      };
    default:
      return assertNever(choice);
  }
}
