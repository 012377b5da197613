import type { CommandOptions, CommandResult, Commands, OutputLine } from '#main/core/ports/system.ts';

/** Runs a command and hands on its lines as they come; returns its result. */
export async function* commandLines(
  commands: Commands,
  options: Omit<CommandOptions, 'onLine'>,
): AsyncGenerator<OutputLine, CommandResult> {
  const waiting: OutputLine[] = [];
  let wake = () => {};
  const running = commands.run({
    ...options,
    onLine(line) {
      waiting.push(line);
      wake();
    },
  });
  let ended = false;
  // The rejection itself is met below, by awaiting `running`.
  const end = () => {
    ended = true;
    wake();
  };
  running.then(end, end);
  while (true) {
    yield* waiting.splice(0);
    if (ended && waiting.length === 0) return await running;
    if (waiting.length === 0 && !ended) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}
