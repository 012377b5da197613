import type { TestConfig } from '#shared/domain/workspace-config.ts';
import type { Ports } from '../context.ts';
import { createLineQueue } from '../line-queue.ts';
import type { StepOutput } from '../ports.ts';
import type { StepContext } from '../run-step.ts';

export type TestPlace = {
  readonly folder: string;
  readonly imageId: string;
  /** Tests on the host find the image under this name, in GANTRY_IMAGE. */
  readonly tag: string;
  /** Of containers that a test needs: after a crash they are found by these. */
  readonly labels: Readonly<Record<string, string>>;
};

/** Runs one test. A non-zero exit is `failed`; a program that cannot be started is `failed` too: the test did not pass. */
export async function* runTest(
  ports: Pick<Ports, 'engine' | 'hostEnvironment'>,
  test: TestConfig,
  place: TestPlace,
  context: StepContext,
): AsyncGenerator<StepOutput> {
  const queue = createLineQueue<StepOutput>();
  const source = `test ${test.name}`;
  const onLine = (line: { readonly stream: 'out' | 'err'; readonly text: string }) =>
    queue.push({ kind: 'line', source, level: line.stream, text: line.text });
  const exit =
    test.where === 'image'
      ? runInImage(ports, test, place, context, onLine)
      : runOnHost(ports, test, place, context, onLine);
  yield* queue.until(exit);
  const exitCode = await exit;
  yield exitCode === 0
    ? { kind: 'end', outcome: 'succeeded', detail: 'Passed' }
    : {
        kind: 'end',
        outcome: 'failed',
        detail: `Test ${test.name} failed with exit code ${exitCode}`,
        error: {
          code: 'target-refused',
          message: `Test ${test.name} failed with exit code ${exitCode}.`,
          hint: 'Its output is in the log. No release was made.',
        },
      };
}

async function runOnHost(
  ports: Pick<Ports, 'hostEnvironment'>,
  test: TestConfig,
  place: TestPlace,
  { commands, signal }: StepContext,
  onLine: (line: { readonly stream: 'out' | 'err'; readonly text: string }) => void,
): Promise<number> {
  const [program = '', ...args] = test.run;
  try {
    const { exitCode } = await commands.run({
      argv: [program, ...args],
      cwd: place.folder,
      env: { ...ports.hostEnvironment, GANTRY_IMAGE: place.tag, ...test.env },
      signal,
      onLine,
    });
    return exitCode ?? 137;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    onLine({ stream: 'err', text: `${program}: no such program` });
    return 127;
  }
}

async function runInImage(
  ports: Pick<Ports, 'engine'>,
  test: TestConfig,
  place: TestPlace,
  { signal }: StepContext,
  onLine: (line: { readonly stream: 'out' | 'err'; readonly text: string }) => void,
): Promise<number> {
  const { exitCode } = await ports.engine.runInImage({
    imageId: place.imageId,
    argv: test.run,
    env: test.env,
    labels: place.labels,
    signal,
    onLine,
  });
  return exitCode;
}
