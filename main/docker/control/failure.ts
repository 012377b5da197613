import * as z from 'zod';
import { GantryError, type Problem } from '#shared/domain/errors.ts';
import { refused } from '../failures.ts';
import type { FailureDetail, GrpcFailure } from './grpc-failure.ts';
import { fileOf, type Progress } from './progress.ts';
import { containerdHint } from './store-limits.ts';

const positionSchema = z.object({ line: z.number().default(0) });

/** errdefs.Source: BuildKit writes the details of its errors as JSON. */
const sourceSchema = z.object({
  info: z.object({ filename: z.string().default('') }).nullish(),
  ranges: z.array(z.object({ start: positionSchema.nullish(), end: positionSchema.nullish() })).nullish(),
});
const vertexSchema = z.object({ digest: z.string() });

/** What stands before the words that say something. */
const noise =
  /^(failed to solve: )?(failed to compute cache key: failed to calculate checksum of ref \S+: )?/;

/** The engine's no to a build, with the step and the lines of the Dockerfile that it names. */
export function buildFailure(
  failure: GrpcFailure,
  progress: Pick<Progress, 'failedStep' | 'nameOf'>,
  { dockerfile, cell }: { readonly dockerfile: string; readonly cell?: string | undefined },
): GantryError {
  const vertices = detailsOf(failure, 'errdefs.Vertex', vertexSchema);
  // The innermost comes first.
  const named = vertices.map(({ digest }) => progress.nameOf(digest)).find((name) => name !== undefined);
  const step = named ?? progress.failedStep();
  const said = failure.message.replace(noise, '');
  const hint = hintFor(said, step);
  const sources = detailsOf(failure, 'errdefs.Source', sourceSchema);
  const problems = sources.flatMap((source) => problemsOf(source, said, hint, dockerfile));
  const { message } = refused(cell === undefined ? said : `${cell}: ${said}`, hint);
  return new GantryError('engine-refused', message, hint, { problems, cause: failure });
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
  const all = (ranges ?? []).flatMap(({ start, end }) => [start?.line ?? 0, end?.line ?? 0]);
  const lines = all.filter((line) => line > 0);
  if (lines.length === 0) return [];
  // An instruction of several lines has a range for each.
  const [line, last] = [Math.min(...lines), Math.max(...lines)];
  return [{ file, line, what, hint: last > line ? `${hint} It ends in line ${last}.` : hint }];
}

/** What may be done about sentences that say little to somebody who does not know BuildKit. */
const hints: readonly (readonly [RegExp, string])[] = [
  [/exporting multiple references to image store|unknown cache exporter/, containerdHint],
  [/": not found$/, 'See that it is in the build context, and not left out by .dockerignore.'],
  [/exec format error/, 'The machine cannot run programs of that platform: install emulation (binfmt).'],
  [/entitlement .*not allowed/, 'The engine does not allow it: see builder.entitlements in its daemon.json.'],
];

function hintFor(said: string, step: string | undefined): string {
  const known = hints.find(([pattern]) => pattern.test(said))?.[1];
  if (step === undefined) return known ?? 'No step was run: mend the Dockerfile, then build again.';
  return known === undefined
    ? `The step that failed is ${step}; what it wrote is in the log.`
    : `The step that failed is ${step}. ${known}`;
}
