import * as z from 'zod';
import { GantryError, type Problem } from '#shared/domain/errors.ts';
import { refused } from '../failures.ts';
import type { FailureDetail, GrpcFailure } from './grpc-failure.ts';
import { fileOf, type Progress } from './progress.ts';

const positionSchema = z.object({ line: z.number().default(0) });

/** errdefs.Source: BuildKit writes the details of its errors as JSON. */
const sourceSchema = z.object({
  info: z.object({ filename: z.string().default('') }).nullish(),
  ranges: z.array(z.object({ start: positionSchema.nullish(), end: positionSchema.nullish() })).nullish(),
});
const vertexSchema = z.object({ digest: z.string() });

/** The engine's no to a build, with the step and the lines of the Dockerfile that it names. */
export function buildFailure(
  failure: GrpcFailure,
  progress: Pick<Progress, 'failedStep' | 'nameOf'>,
  dockerfile: string,
): GantryError {
  const vertices = detailsOf(failure, 'errdefs.Vertex', vertexSchema);
  // The innermost comes first.
  const named = vertices.map(({ digest }) => progress.nameOf(digest)).find((name) => name !== undefined);
  const step = named ?? progress.failedStep();
  const said = failure.message.replace(/^failed to solve: /, '');
  const hint = hintFor(said, step);
  const sources = detailsOf(failure, 'errdefs.Source', sourceSchema);
  const problems = sources.flatMap((source) => problemsOf(source, said, hint, dockerfile));
  return new GantryError('engine-refused', refused(said, '').message, hint, { problems, cause: failure });
}

function detailsOf<T>({ details }: GrpcFailure, name: string, schema: z.ZodType<T>): readonly T[] {
  return details.flatMap(({ type, value }: FailureDetail) => {
    if (!type.includes(name)) return [];
    const read = schema.safeParse(parsed(value));
    return read.success ? [read.data] : [];
  });
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

function problemsOf(
  { info, ranges }: z.infer<typeof sourceSchema>,
  what: string,
  hint: string,
  dockerfile: string,
): readonly Problem[] {
  const file = fileOf(info?.filename ?? '', dockerfile);
  const lines = (ranges ?? []).map(({ start }) => start?.line ?? 0).filter((line) => line > 0);
  return [...new Set(lines)].map((line) => ({ file, line, what, hint }));
}

/** What may be done about sentences that say little to somebody who does not know BuildKit. */
const hints: readonly (readonly [RegExp, string])[] = [
  [
    /exporting multiple references to image store|unknown cache exporter/,
    'Turn on the containerd image store of the engine ("features": {"containerd-snapshotter": true} in daemon.json).',
  ],
  [/exec format error/, 'The machine cannot run programs of that platform: install emulation (binfmt).'],
  [/entitlement .*not allowed/, 'The engine does not allow it: see builder.entitlements in its daemon.json.'],
];

function hintFor(said: string, step: string | undefined): string {
  const known = hints.find(([pattern]) => pattern.test(said))?.[1];
  if (known !== undefined) return known;
  return step === undefined
    ? 'No step was run: mend the Dockerfile, then build again.'
    : `The step that failed is ${step}; what it wrote is in the log.`;
}
