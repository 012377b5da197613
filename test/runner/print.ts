import type { StageResult } from './run-stage.ts';
import type { Stage } from './stages.ts';

export type Print = {
  begin(stage: Stage): void;
  end(result: StageResult): void;
  line(text: string): void;
};

/** Enough to see what failed; a test that prints megabytes must not bury it. */
const shownLines = 400;

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

export function countsOf(results: readonly Pick<StageResult, 'passed' | 'failed' | 'skipped'>[]): string {
  const sum = (one: (result: Pick<StageResult, 'passed' | 'failed' | 'skipped'>) => number) =>
    results.reduce((total, result) => total + one(result), 0);
  return `${sum((r) => r.passed)} passed, ${sum((r) => r.failed)} failed, ${sum((r) => r.skipped.length)} skipped`;
}

function verdict(result: StageResult): string {
  const isTests = result.stage.kind === 'vitest' || result.stage.kind === 'playwright';
  if (isTests && result.ms > 0) return countsOf([result]);
  if (result.failed > 0) return result.ms > 0 ? 'FAILED' : 'NOT RUN';
  return 'ok';
}

function tail(output: string): readonly string[] {
  const lines = output.trimEnd().split('\n');
  const left = lines.length - shownLines;
  return left > 0 ? [`(${left} lines left out)`, ...lines.slice(-shownLines)] : lines;
}

/** One line for each stage when it has ended; on a terminal also its name while it runs. */
export function createPrint(out: NodeJS.WriteStream): Print {
  const line = (text: string) => out.write(`${text}\n`);
  return {
    line,
    begin: (stage) => {
      if (out.isTTY) out.write(`${stage.name} …`);
    },
    end: (result) => {
      if (out.isTTY) out.write('\r\x1b[K');
      line(`${result.stage.name.padEnd(16)} ${verdict(result).padEnd(36)} ${seconds(result.ms).padStart(8)}`);
      for (const { name, why } of result.skipped) line(`  skipped: ${name} - ${why}`);
      if (result.failed > 0) for (const text of tail(result.output)) line(`  | ${text}`);
    },
  };
}
