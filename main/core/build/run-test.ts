import { cellVariable } from '#shared/domain/matrix.ts';
import type { TestConfig } from '#shared/domain/workspace-config.ts';
import type { Ports } from '../context.ts';
import { createLineQueue } from '../line-queue.ts';
import type { JunitReport, Unreadable } from '../ports/workspace.ts';
import type { OutputLine, StepOutput } from '../ports.ts';
import type { BuildStepOutput, StepContext } from '../run-step.ts';
import type { BuiltImage } from './progress.ts';
import { verdictOf } from './test-verdict.ts';

type Needs = Pick<Ports, 'engine' | 'hostEnvironment' | 'workspaces'>;

export type TestPlace = {
  /** Of the run's planned step. */
  readonly step: string;
  readonly folder: string;
  /** In whose container it runs; for a test on the host, the first. */
  readonly image: BuiltImage;
  /** Tests on the host find them all in their environment. */
  readonly images: readonly BuiltImage[];
  /** Of containers that a test needs: after a crash they are found by these. */
  readonly labels: Readonly<Record<string, string>>;
};

type Ran = { readonly exitCode: number; readonly report?: JunitReport | Unreadable };

/** Runs one test. A non-zero exit is `failed`; a program that cannot be started is `failed` too: the test did not pass. */
export async function* runTest(
  ports: Needs,
  test: TestConfig,
  place: TestPlace,
  context: StepContext,
): AsyncGenerator<StepOutput | BuildStepOutput> {
  const queue = createLineQueue<StepOutput>();
  const source = `test ${test.name}`;
  const onLine = (line: OutputLine) =>
    queue.push({ kind: 'line', source, level: line.stream, text: line.text });
  const running =
    test.where === 'image'
      ? runInImage(ports, test, place, context, onLine)
      : runOnHost(ports, test, place, context, onLine);
  yield* queue.until(running);
  const { exitCode, report } = await running;
  if (report !== undefined) yield* tell(place.step, source, test.junit ?? '', report);
  yield verdictOf(test, exitCode, report);
}

function* tell(
  step: string,
  source: string,
  junit: string,
  report: JunitReport | Unreadable,
): Generator<StepOutput | BuildStepOutput> {
  const line = (text: string): StepOutput => ({ kind: 'line', source, level: 'note', text });
  if ('kind' in report) {
    yield line(`The report ${junit} ${report.why}`);
    return;
  }
  const { counts, failures } = report;
  for (const { name, message } of failures) yield line(`failed: ${name}${message && ` - ${message}`}`);
  yield line(`${junit}: ${counts.total} tests, ${counts.failed} failed, ${counts.skipped} skipped`);
  yield { kind: 'event', event: { kind: 'test-reported', step, counts, failures: [...failures] } };
}

async function runOnHost(
  ports: Needs,
  test: TestConfig,
  place: TestPlace,
  { commands, signal }: StepContext,
  onLine: (line: OutputLine) => void,
): Promise<Ran> {
  const { folder } = place;
  const [program = '', ...args] = test.run;
  const readReport =
    test.junit === undefined ? undefined : await ports.workspaces.expectReport(folder, test.junit);
  try {
    const { exitCode } = await commands.run({
      argv: [program, ...args],
      cwd: folder,
      env: { ...ports.hostEnvironment, ...imageVariables(place), ...test.env },
      signal,
      onLine,
    });
    return { exitCode: exitCode ?? 137, ...(await reported(ports, await readReport?.())) };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    onLine({ stream: 'err', text: `${program}: no such program` });
    return { exitCode: 127 };
  }
}

/** GANTRY_IMAGE is the first; with a matrix each has a variable of its own besides. */
function imageVariables({ image, images }: TestPlace): Record<string, string> {
  const cells = images.flatMap(({ cell, tag }) =>
    cell === undefined ? [] : [[`GANTRY_IMAGE_${cellVariable(cell)}`, tag] as const],
  );
  return { GANTRY_IMAGE: image.tag, ...Object.fromEntries(cells) };
}

async function runInImage(
  ports: Needs,
  test: TestConfig,
  place: TestPlace,
  { signal }: StepContext,
  onLine: (line: OutputLine) => void,
): Promise<Ran> {
  const { junit } = test;
  const { exitCode, collected } = await ports.engine.runInImage({
    imageId: place.image.image.identity.imageId,
    argv: test.run,
    env: test.env,
    labels: place.labels,
    ...(junit === undefined ? {} : { collect: junit }),
    signal,
    onLine,
  });
  if (junit === undefined) return { exitCode };
  const missing = { kind: 'unreadable', why: 'is no file in the container, or larger than 16 MiB' } as const;
  return { exitCode, ...(await reported(ports, collected ?? missing)) };
}

async function reported(
  { workspaces }: Pick<Needs, 'workspaces'>,
  found: Uint8Array | Unreadable | undefined,
): Promise<Pick<Ran, 'report'>> {
  if (found === undefined) return {};
  return { report: found instanceof Uint8Array ? await workspaces.readJunit(found) : found };
}
