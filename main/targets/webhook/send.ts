import * as z from 'zod';
import type { HttpAnswer } from '#main/core/ports/system.ts';
import type { BegunStep, Io, StepOutput } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { laterThan } from '../later.ts';
import { digestOf, type Fields, fieldsOf, fill, wishedSchema } from '../wished/fields.ts';
import { untilLive } from '../wished/live.ts';
import { createReferences } from '../wished/references.ts';
import { askSchema } from './config.ts';
import { askLive } from './observe.ts';

export const sendSchema = z.object({
  kind: z.literal('send'),
  wished: wishedSchema,
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.json().exactOptional(),
  expect: z.object({ status: z.array(z.number()).exactOptional(), match: z.string().exactOptional() }),
  timeoutMs: z.number(),
  observe: askSchema.exactOptional(),
});
export type SendAction = z.infer<typeof sendSchema>;

/** A call that acts is better answered than cut off: for this long after a cancel its answer is waited for. */
const sendingEndsMs = 5_000;

/** Calls once. That it was taken says nothing of what comes of it. */
export async function* sendCall(action: SendAction, io: Io): AsyncGenerator<StepOutput> {
  io.signal.throwIfAborted();
  const references = createReferences(io);
  const request = await requestFor(action, references.resolve, io);
  io.signal.throwIfAborted();
  const signal = laterThan(io.signal, sendingEndsMs, io.clock);
  const answer = await io.http
    .send({ ...request, signal, timeoutMs: action.timeoutMs })
    .catch((error: unknown): never => {
      throw unanswered(error, references.clean);
    });
  const said = references.clean(answer.body);
  yield { kind: 'line', source: 'webhook', level: 'out', text: `${answer.status} ${said}`.trim() };
  const refused = refusal(action, answer);
  if (refused !== undefined) {
    // What stands in between, or what broke half-way, cannot say that nothing was done.
    if (answer.status >= 500) throw unsure(`${refused}${said === '' ? '' : ` (${said})`}`);
    return yield failed(refused, said);
  }
  yield { kind: 'handle', handle: action.wished.release };
  yield takenEnd(action, String(answer.status));
}

/** Nothing is sent again: what was written down tells, or what is live does. */
export async function* resumeCall(
  action: SendAction,
  { handle }: BegunStep,
  io: Io,
): AsyncGenerator<StepOutput> {
  if (handle !== undefined) return yield takenEnd(action, 'taken before Gantry stopped');
  const { observe, wished } = action;
  if (observe === undefined) throw unsure('Gantry stopped while it called');
  yield* untilLive(wished, (one) => askLive(observe, wished, one), observe, io);
}

function takenEnd({ observe, wished }: SendAction, how: string): StepOutput {
  const detail = `called for ${wished.release} (${how})`;
  if (observe !== undefined) return { kind: 'end', outcome: 'succeeded', detail };
  const unseen = `${detail}; it cannot be verified without observe`;
  return { kind: 'end', outcome: 'succeeded', detail: unseen, isUnverified: true };
}

type Resolve = (text: string) => Promise<string>;

async function requestFor(action: SendAction, resolve: Resolve, io: Io) {
  const fields = fieldsOf(action.wished, await digestOf(action.wished, io));
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(action.headers)) {
    headers[name.toLowerCase()] = fill(await resolve(text), fields, (value) =>
      value.replace(/[^\x20-\x7e]/g, '?'),
    );
  }
  const isJson = typeof action.body === 'object' || /\bjson\b/i.test(headers['content-type'] ?? '');
  if (isJson) headers['content-type'] ??= 'application/json';
  const url = fill(await resolve(action.url), fields, encodeURIComponent);
  const body = await bodyFor(action, fields, resolve, isJson);
  return { method: action.method, url, headers, ...(body === undefined ? {} : { body }) };
}

/** JSON as YAML writes it is filled text by text; a text that is JSON gets what JSON would write between its quotes. */
async function bodyFor(
  { body }: SendAction,
  fields: Fields,
  resolve: Resolve,
  isJson: boolean,
): Promise<string | undefined> {
  if (body === undefined) return undefined;
  if (typeof body !== 'string') return JSON.stringify(await filled(body, fields, resolve));
  return isJson ? fill(body, fields, (value) => JSON.stringify(value).slice(1, -1)) : fill(body, fields);
}

async function filled(value: unknown, fields: Fields, resolve: Resolve): Promise<unknown> {
  if (typeof value === 'string') return fill(await resolve(value), fields);
  if (Array.isArray(value)) return Promise.all(value.map((item) => filled(item, fields, resolve)));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(
    async ([key, item]) => [key, await filled(item, fields, resolve)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

function refusal({ expect }: SendAction, { status, body }: HttpAnswer): string | undefined {
  const isExpected = expect.status?.includes(status) ?? (status >= 200 && status <= 299);
  if (!isExpected) return `the answer is ${status}`;
  if (expect.match === undefined || new RegExp(expect.match, 'u').test(body)) return undefined;
  return `the answer does not match ${expect.match}`;
}

function failed(why: string, said: string): StepOutput {
  const message = `It was refused: ${why}${said === '' ? '' : ` (${said})`}.`;
  const hint = 'Look at target.url and target.expect in gantry.yml, and at what answers there.';
  return { kind: 'end', outcome: 'failed', detail: why, error: { code: 'target-refused', message, hint } };
}

/** Before a connection stood nothing can have been sent. */
function unanswered(error: unknown, clean: (text: string) => string): GantryError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const why = clean(error instanceof Error ? error.message : String(error));
  if (!['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code))
    return unsure(why);
  return new GantryError(
    'target-unreachable',
    `Nothing was sent: ${why}.`,
    'Look at target.url in gantry.yml and at this machine’s network, and try again.',
  );
}

function unsure(why: string): GantryError {
  return new GantryError(
    'target-unreachable',
    `It is not known whether the call was taken: ${why}.`,
    'It was not sent again. Look at what runs there, and plan again.',
  );
}
