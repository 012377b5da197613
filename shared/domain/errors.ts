import * as z from 'zod';

/**
 * Every way in which Gantry refuses or fails on purpose. Anything else that is thrown is a bug and reaches the
 * person as `internal`. The CLI's exit code follows from the code alone (main/shell/cli/exit-codes.ts).
 */
export const errorCodeSchema = z.enum([
  // what the person asked for or wrote
  'usage',
  'config-invalid',
  'workspace-missing',
  'workspace-untrusted',
  'environment-unknown',
  'release-unknown',
  'run-unknown',
  'env-file-invalid',
  'env-file-missing',
  'secret-unresolved',
  'confirmation-required',
  'nothing-to-roll-back-to',
  'image-gone',
  'image-unfit',
  // the state of the environment
  'plan-stale',
  'plan-blocked',
  'gate-closed',
  'environment-held',
  'environment-busy',
  // the world around us
  'engine-unreachable',
  'engine-refused',
  'registry-unreachable',
  'registry-refused',
  'compose-missing',
  'compose-invalid',
  'target-unreachable',
  'target-refused',
  'git-failed',
  // the ledger
  'ledger-from-the-future',
  'ledger-corrupt',
  'ledger-read-only',
  'ledger-busy',
  // a bug
  'internal',
]);
export type ErrorCode = z.infer<typeof errorCodeSchema>;

/** One thing that is wrong in a file a person wrote. Lines and columns count from 1; absent when the file itself is the problem. */
export const problemSchema = z.object({
  file: z.string(),
  line: z.number().int().positive().optional(),
  column: z.number().int().positive().optional(),
  /** Where in the document, such as `environments.prod.confirm`. */
  path: z.string().optional(),
  what: z.string(),
  /** What would be right. */
  hint: z.string(),
});
export type Problem = z.infer<typeof problemSchema>;

export const errorDetailSchema = z.object({
  code: errorCodeSchema,
  /** What happened, one sentence. */
  message: z.string(),
  /** What to do next, one sentence. */
  hint: z.string(),
  problems: z.array(problemSchema).optional(),
});
export type ErrorDetail = z.infer<typeof errorDetailSchema>;

export type GantryErrorOptions = {
  readonly problems?: readonly Problem[];
  readonly cause?: unknown;
};

/** An expected failure that cannot be a value. The doors turn it into oRPC's typed error. */
export class GantryError extends Error {
  override readonly name = 'GantryError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, message: string, hint: string, options: GantryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = hint;
    this.problems = options.problems ?? [];
  }
}

/**
 * Files that a person wrote cannot be worked with. One problem is the error itself; of several the message names the
 * first, for whoever shows a message and no list.
 *
 * @param problems at least one
 */
export function problemsError(code: ErrorCode, problems: readonly Problem[]): GantryError {
  const [first, ...others] = problems;
  if (first === undefined) throw new Error(`${code} without a problem`);
  if (others.length === 0) return new GantryError(code, sentenceOf(first), first.hint, { problems });
  const more = others.length === 1 ? 'One more thing is' : `${others.length} more things are`;
  return new GantryError(
    code,
    `${sentenceOf(first)} ${more} wrong.`,
    `${first.hint} Correct the ${others.length === 1 ? 'other' : 'others'} too, then try again.`,
    { problems },
  );
}

/** `gantry.yml:3:5: what`; without the file where the sentence names it. */
function sentenceOf({ file, line, column, what }: Problem): string {
  if (line === undefined && what.includes(file)) return what;
  return `${[file, line, column].filter((part) => part !== undefined).join(':')}: ${what}`;
}

/** Those that message and hint do not say already. */
export function problemsToList({
  message,
  hint,
  problems = [],
}: {
  readonly message: string;
  readonly hint: string;
  readonly problems?: readonly Problem[] | undefined;
}): readonly Problem[] {
  const [only, ...others] = problems;
  const isSaid =
    others.length === 0 && only !== undefined && message === sentenceOf(only) && hint === only.hint;
  return isSaid ? [] : problems;
}

export function toErrorDetail(error: GantryError): ErrorDetail {
  return {
    code: error.code,
    message: error.message,
    hint: error.hint,
    ...(error.problems.length > 0 ? { problems: [...error.problems] } : {}),
  };
}

export function isAborted(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

/** Closes a switch over a union: the compiler complains where a kind is missing. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
