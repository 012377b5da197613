import { StringDecoder } from 'node:string_decoder';
import * as z from 'zod';
import type { Container } from '#main/core/ports.ts';
import { createTextLines } from '#shared/domain/text-lines.ts';
import { bodyOf, type Connection } from './connection.ts';
import type { EngineAccess } from './engine-access.ts';
import { createFrameReader } from './output-frames.ts';
import { publishedPorts } from './published-ports.ts';

const bindingsSchema = z
  .record(z.string(), z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullish())
  .nullish();

const inspectionSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  Image: z.string(),
  RestartCount: z.number().nullish(),
  State: z.object({
    Status: z.string(),
    Running: z.boolean(),
    Restarting: z.boolean().nullish(),
    ExitCode: z.number(),
    StartedAt: z.string().nullish(),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  Config: z.object({
    Image: z.string(),
    Tty: z.boolean().nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
  HostConfig: z.object({ PortBindings: bindingsSchema }).nullish(),
  NetworkSettings: z.object({ Ports: bindingsSchema }).nullish(),
});
type Inspection = z.infer<typeof inspectionSchema>;

const listSchema = z.array(z.object({ Id: z.string() }));

export async function listContainers(
  access: EngineAccess,
  labels: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<readonly Container[]> {
  return access.use(signal, async (connection, both) => {
    const ids = await listIds(connection, labels, both);
    const seen = await Promise.all(ids.map((id) => inspect(connection, id, both)));
    const host = await connection.publishedHost();
    const found = seen
      .filter((container) => container !== undefined)
      .map((container) => containerOf(container, host));
    return found.sort((left, right) => (left.name < right.name ? -1 : 1));
  });
}

/** Those that run are killed first. Their anonymous volumes go with them. */
export async function removeContainers(
  access: EngineAccess,
  labels: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<number> {
  // Every container of the engine carries no label at all, too.
  if (Object.keys(labels).length === 0) throw new Error('no labels say which containers to remove');
  return access.use(signal, async (connection, both) => {
    const ids = await listIds(connection, labels, both);
    await Promise.all(ids.map((id) => removeContainer(connection, id, both)));
    return ids.length;
  });
}

export async function removeContainer(
  connection: Connection,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const query = { force: 'true', v: 'true' };
  const path = `/containers/${encodeURIComponent(id)}`;
  await bodyOf(await connection.send({ method: 'DELETE', path, query, signal, accept: [404, 409] }));
}

async function listIds(
  connection: Connection,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const filters = { label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) };
  const query = { all: 'true', filters: JSON.stringify(filters) };
  const listed = await connection.ask(listSchema, { method: 'GET', path: '/containers/json', query, signal });
  return listed.map(({ Id }) => Id);
}

/** `undefined` when it was removed since it was listed. */
async function inspect(
  connection: Connection,
  id: string,
  signal: AbortSignal,
): Promise<Inspection | undefined> {
  const path = `/containers/${encodeURIComponent(id)}/json`;
  const answer = await connection.send({ method: 'GET', path, signal, accept: [404] });
  const body = await bodyOf(answer);
  return answer.statusCode === 404 ? undefined : inspectionSchema.parse(JSON.parse(body.toString('utf8')));
}

function containerOf(seen: Inspection, host: string | undefined): Container {
  const { State: state, Config: config } = seen;
  const started = Date.parse(state.StartedAt ?? '');
  const isRunning = state.Running && state.Restarting !== true;
  return {
    id: seen.Id,
    name: seen.Name.replace(/^\//, ''),
    labels: config.Labels ?? {},
    imageId: seen.Image,
    imageRef: config.Image,
    running: isRunning,
    exitCode: state.ExitCode,
    health: healthOf(seen, isRunning),
    state: state.Status === 'exited' ? `exited (${state.ExitCode})` : state.Status,
    // The engine writes year 1 for never.
    ...(Number.isFinite(started) && started > 0 ? { since: started } : {}),
    ports: publishedPorts(seen.NetworkSettings?.Ports, seen.HostConfig?.PortBindings, host),
    restartCount: seen.RestartCount ?? 0,
  };
}

function healthOf({ State: { Restarting, Health } }: Inspection, isRunning: boolean): Container['health'] {
  // It comes up and dies again.
  if (Restarting === true) return 'unhealthy';
  if (!isRunning) return 'stopped';
  switch (Health?.Status) {
    case 'healthy':
    case 'starting':
    case 'unhealthy':
      return Health.Status;
    default:
      return 'unknown';
  }
}

export async function readContainerLog(
  access: EngineAccess,
  containerId: string,
  count: number,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  return access.use(signal, async (connection, both) => {
    const seen = await inspect(connection, containerId, both);
    if (seen === undefined) return [];
    const query = { stdout: 'true', stderr: 'true', tail: String(count) };
    const path = `/containers/${seen.Id}/logs`;
    const answer = await connection.send({ method: 'GET', path, query, signal: both });
    return readLastLines(answer, count, seen.Config.Tty === true);
  });
}

/** Of an answer with what a container wrote; with a terminal there is one stream, without frames. */
export async function readLastLines(
  answer: AsyncIterable<Uint8Array>,
  count: number,
  hasTerminal: boolean,
): Promise<readonly string[]> {
  const lines: string[] = [];
  const [out, err] = [
    createTextLines(new StringDecoder('utf8'), (text) => lines.push(text)),
    createTextLines(new StringDecoder('utf8'), (text) => lines.push(text)),
  ];
  const read = createFrameReader(({ stream, bytes }) => (stream === 'out' ? out : err).write(bytes));
  for await (const chunk of answer) hasTerminal ? out.write(chunk) : read(chunk);
  out.end();
  err.end();
  return lines.slice(-count);
}
