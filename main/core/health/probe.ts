import type { HealthCheck, Probe } from '#shared/domain/health.ts';
import { matches } from '#shared/domain/health.ts';
import type { Ports } from '../context.ts';
import type { Reach } from '../ports.ts';

type Needs = Pick<Ports, 'http' | 'sockets' | 'commands' | 'clock'>;

export type ProbeContext = {
  readonly signal: AbortSignal;
  /** Where commands run, and their whole environment besides what the check itself says. */
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
};

/** A sentence in an event that comes often. */
const mostText = 120;

/** Asks once. Whatever comes back is an answer; `undefined` where nothing says where to ask. */
export async function probe(
  ports: Needs,
  check: HealthCheck,
  reach: Reach,
  context: ProbeContext,
): Promise<Probe | undefined> {
  const at = ports.clock.now();
  const began = performance.now();
  try {
    const answer = await ask(ports, check, reach, context);
    if (answer === undefined) return undefined;
    const { ok, text, ms = sinceMs(began) } = answer;
    return { at, ok, ms, text: short(text) };
  } catch (error) {
    context.signal.throwIfAborted();
    return { at, ok: false, ms: sinceMs(began), text: short(reasonOf(error)) };
  }
}

type Answer = { readonly ok: boolean; readonly text: string; readonly ms?: number };

function ask(
  ports: Needs,
  check: HealthCheck,
  reach: Reach,
  context: ProbeContext,
): Promise<Answer | undefined> {
  switch (check.kind) {
    case 'http':
      return askHttp(ports, check, reach, context);
    case 'tcp':
      return connect(ports, check, reach, context);
    case 'command':
      return runCommand(ports, check, reach, context);
  }
}

type CheckOf<Kind extends HealthCheck['kind']> = Extract<HealthCheck, { kind: Kind }>;

async function askHttp(
  { http }: Needs,
  check: CheckOf<'http'>,
  reach: Reach,
  { signal }: ProbeContext,
): Promise<Answer | undefined> {
  const base = check.url.startsWith('/') ? reach(check.port) : '';
  if (base === undefined) return undefined;
  const url = `${base}${check.url}`;
  const { status, headers, body, durationMs } = await (check.send === undefined
    ? http.get(url, { signal, timeoutMs: check.timeoutMs })
    : http.send({ method: 'GET', url, headers: check.send, signal, timeoutMs: check.timeoutMs }));
  const wrong = wrongIn(check, status, headers, body);
  return { ok: wrong === undefined, text: wrong ?? String(status), ms: durationMs };
}

function wrongIn(
  { status: ranges, header = {}, body: wanted }: CheckOf<'http'>,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): string | undefined {
  if (!ranges.some(([from, to]) => status >= from && status <= to)) return String(status);
  for (const [name, text] of Object.entries(header)) {
    const found = headers[name.toLowerCase()];
    if (found === undefined) return `${status} without the header ${name}`;
    if (!matches(text, found)) return `${status} with another ${name}`;
  }
  return wanted === undefined || matches(wanted, body) ? undefined : `${status} with another body`;
}

async function connect(
  { sockets }: Needs,
  { port, address, timeoutMs }: CheckOf<'tcp'>,
  reach: Reach,
  { signal }: ProbeContext,
): Promise<Answer | undefined> {
  const base = address === undefined ? reach(port) : `tcp://${address}`;
  const place = base === undefined ? null : URL.parse(base);
  if (place === null) return undefined;
  const host = place.hostname.replace(/^\[|\]$/g, '');
  const number = Number(place.port) || (port ?? (place.protocol === 'https:' ? 443 : 80));
  const ms = await sockets.connect({ host, port: number }, { signal, timeoutMs });
  return { ok: true, text: 'connected', ms };
}

async function runCommand(
  { commands }: Needs,
  { run, env, timeoutMs }: CheckOf<'command'>,
  reach: Reach,
  { signal, folder, variables }: ProbeContext,
): Promise<Answer> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const address = reach(undefined);
  try {
    const { exitCode, stdout, stderr } = await commands.run({
      argv: run,
      cwd: folder,
      env: { ...variables, ...(address === undefined ? {} : { GANTRY_ADDRESS: address }), ...env },
      signal: AbortSignal.any([signal, deadline]),
    });
    if (exitCode === 0) return { ok: true, text: 'exit 0' };
    const said = lastLine(stderr) ?? lastLine(stdout);
    return { ok: false, text: `${exitWord(exitCode)}${said === undefined ? '' : `: ${said}`}` };
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.aborted) return { ok: false, text: `no end within ${timeoutMs} ms` };
    throw error;
  }
}

function exitWord(exitCode: number | null): string {
  return exitCode === null ? 'ended by a signal' : `exit ${exitCode}`;
}

function lastLine(text: string): string | undefined {
  return text.trimEnd().split('\n').at(-1)?.trim() || undefined;
}

/** The system's own messages name the address, which the check's name has said already. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name not found',
  ETIMEDOUT: 'no answer in time',
  ENOENT: 'no such program',
  EACCES: 'may not be run',
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return words[code] ?? error.message;
}

function short(text: string): string {
  return text.length > mostText ? `${text.slice(0, mostText - 1)}…` : text;
}

function sinceMs(began: number): number {
  return Math.round(performance.now() - began);
}
