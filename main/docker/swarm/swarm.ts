import * as z from 'zod';
import type {
  Swarm,
  SwarmMembership,
  SwarmService,
  SwarmServiceVersion,
  SwarmServiceWish,
  SwarmTask,
} from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { bodyOf, type Connection, type Request } from '../connection.ts';
import { readLastLines } from '../containers.ts';
import type { CredentialOptions } from '../credentials.ts';
import type { EngineAccess } from '../engine-access.ts';
import { refused } from '../failures.ts';
import { splitRef } from '../image-ref.ts';
import { registryAuthOf } from '../registry/engine-transfer.ts';
import { parseRepository } from '../registry/names.ts';
import {
  containerSpecSchema,
  portsOf,
  portsSchema,
  type ServiceSpec,
  settingsOf,
  specFor,
  specSchema,
} from './spec.ts';

const infoSchema = z.object({
  Swarm: z
    .object({ NodeID: z.string(), LocalNodeState: z.string(), ControlAvailable: z.boolean() })
    .nullish(),
});

const nodesSchema = z.array(
  z.object({
    ID: z.string(),
    Spec: z.object({ Availability: z.string().nullish() }),
    Status: z.object({ State: z.string(), Addr: z.string().nullish() }),
  }),
);

const networksSchema = z.array(z.object({ Id: z.string(), Name: z.string() }));

const serviceSchema = z.object({
  ID: z.string(),
  Version: z.object({ Index: z.number() }),
  Spec: specSchema,
  PreviousSpec: z.unknown().optional(),
  Endpoint: z.object({ Ports: portsSchema }).nullish(),
  UpdateStatus: z
    .object({
      State: z.enum([
        'updating',
        'paused',
        'completed',
        'rollback_started',
        'rollback_paused',
        'rollback_completed',
      ]),
      Message: z.string().nullish(),
    })
    .nullish(),
});
type Inspection = z.infer<typeof serviceSchema>;

const taskSchema = z.object({
  ID: z.string(),
  Spec: z.object({ ContainerSpec: containerSpecSchema }),
  Slot: z.number().nullish(),
  NodeID: z.string().nullish(),
  DesiredState: z.string(),
  Status: z.object({
    Timestamp: z.string().nullish(),
    State: z.string(),
    Message: z.string().nullish(),
    Err: z.string().nullish(),
    ContainerStatus: z.object({ ExitCode: z.number().nullish() }).nullish(),
    PortStatus: z.object({ Ports: portsSchema }).nullish(),
  }),
});

/** Values of an env travel in the body of a request: they are in no argument list and no file. */
export function createSwarm(access: EngineAccess, credentials: CredentialOptions): Swarm {
  const call = <T>(
    signal: AbortSignal | undefined,
    work: (connection: Connection, signal: AbortSignal) => Promise<T>,
  ) => access.use(signal, work).catch((error: unknown) => Promise.reject(inPlainWords(error)));

  async function write(
    path: string,
    query: Request['query'],
    body: unknown,
    wish: SwarmServiceWish,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    const registryAuth = wish.isPulled ? await registryAuthOf(hostOf(wish.image), credentials) : undefined;
    return call(signal, async (connection, both) =>
      bodyOf(
        await connection.send({
          method: 'POST',
          path,
          ...(query === undefined ? {} : { query }),
          body,
          ...(registryAuth === undefined ? {} : { registryAuth }),
          signal: both,
        }),
      ),
    );
  }

  return {
    membership: (signal) => call(signal, readMembership),
    network: (name, signal) =>
      call(signal, async (connection, both) =>
        find(connection, `/networks/${encodeURIComponent(name)}`, z.object({ Scope: z.string() }), both).then(
          (found) => found && { scope: found.Scope },
        ),
      ),
    service: (name, signal) => call(signal, (connection, both) => readService(connection, name, both)),
    tasks: (serviceId, signal) =>
      call(signal, async (connection, both) => {
        const query = { filters: JSON.stringify({ service: [serviceId] }) };
        const request = { method: 'GET', path: '/tasks', query, signal: both } as const;
        return (await connection.ask(z.array(taskSchema), request)).map(taskOf);
      }),
    async create(wish, signal) {
      const created = await write('/services/create', undefined, specFor(wish), wish, signal);
      const { ID } = z.object({ ID: z.string() }).parse(JSON.parse(created.toString('utf8')));
      return call(signal, (connection, both) => versionOf(connection, ID, both));
    },
    async update({ id, version }, wish, signal) {
      const before = await call(signal, (connection, both) => inspect(connection, id, both));
      if (before?.Version.Index !== version) throw changedMeanwhile(wish.name);
      const query = { version: String(version) };
      await write(`/services/${id}/update`, query, specFor(wish, before.Spec), wish, signal);
      return call(signal, (connection, both) => versionOf(connection, id, both));
    },
    rollBack: ({ id, version }, signal) =>
      call(signal, async (connection, both) => {
        const before = await inspect(connection, id, both);
        if (before?.Version.Index !== version) throw changedMeanwhile(before?.Spec.Name ?? id);
        const query = { version: String(version), rollback: 'previous' };
        const path = `/services/${id}/update`;
        // A spec is required, and not looked at.
        await bodyOf(await connection.send({ method: 'POST', path, query, body: before.Spec, signal: both }));
      }),
    remove: (serviceId, signal) =>
      call(signal, async (connection, both) => {
        const path = `/services/${encodeURIComponent(serviceId)}`;
        await bodyOf(await connection.send({ method: 'DELETE', path, signal: both, accept: [404] }));
      }),
    taskLog: (taskId, lines, signal) =>
      call(signal, async (connection, both) => {
        const path = `/tasks/${encodeURIComponent(taskId)}`;
        const task = await find(connection, path, taskSchema, both);
        if (task === undefined) return [];
        const query = { stdout: 'true', stderr: 'true', tail: String(lines) };
        const answer = await connection.send({ method: 'GET', path: `${path}/logs`, query, signal: both });
        return readLastLines(answer, lines, task.Spec.ContainerSpec.TTY === true);
      }),
  };
}

/** What the orchestrator refuses comes wrapped: `rpc error: code = InvalidArgument desc = …`. */
function inPlainWords(error: unknown): unknown {
  if (!(error instanceof GantryError) || error.code !== 'engine-refused') return error;
  const said = error.message.replace(/^rpc error: code = \w+ desc = /, '');
  return said === error.message ? error : refused(said, error.hint);
}

function hostOf(image: string): string {
  return parseRepository(splitRef(image.replace(/@.*$/, '')).repository).host;
}

function changedMeanwhile(name: string) {
  return refused(`The service ${name} was changed by somebody else at the same time`, 'Plan again.');
}

async function readMembership(connection: Connection, signal: AbortSignal): Promise<SwarmMembership> {
  const { Swarm: swarm } = await connection.ask(infoSchema, { method: 'GET', path: '/info', signal });
  switch (swarm?.LocalNodeState) {
    case 'active':
    case 'pending':
    case 'error':
      break;
    case 'locked':
      return { kind: 'locked' };
    default:
      return { kind: 'none' };
  }
  if (!swarm.ControlAvailable) return { kind: 'worker' };
  const nodes = await connection.ask(nodesSchema, { method: 'GET', path: '/nodes', signal });
  const host = await connection.publishedHost();
  return {
    kind: 'manager',
    nodeId: swarm.NodeID,
    ...(host === undefined ? {} : { host }),
    nodes: nodes.map(({ ID, Spec, Status }) => ({
      id: ID,
      address: Status.Addr ?? '',
      isActive: Status.State === 'ready' && Spec.Availability !== 'drain' && Spec.Availability !== 'pause',
    })),
  };
}

/** `undefined` where there is nothing of that name. */
async function find<T>(
  connection: Connection,
  path: string,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const answer = await connection.send({ method: 'GET', path, signal, accept: [404] });
  const body = await bodyOf(answer);
  return answer.statusCode === 404 ? undefined : schema.parse(JSON.parse(body.toString('utf8')));
}

function inspect(connection: Connection, name: string, signal: AbortSignal): Promise<Inspection | undefined> {
  return find(connection, `/services/${encodeURIComponent(name)}`, serviceSchema, signal);
}

async function versionOf(
  connection: Connection,
  id: string,
  signal: AbortSignal,
): Promise<SwarmServiceVersion> {
  const found = await inspect(connection, id, signal);
  if (found === undefined) throw refused(`The service ${id} is gone`, 'Somebody removed it; plan again.');
  return { id, version: found.Version.Index };
}

async function readService(
  connection: Connection,
  name: string,
  signal: AbortSignal,
): Promise<SwarmService | undefined> {
  const found = await inspect(connection, name, signal);
  // The engine takes a beginning of an id for a name.
  if (found === undefined || found.Spec.Name !== name) return undefined;
  const names = await networkNames(connection, found.Spec, signal);
  const { State, Message } = found.UpdateStatus ?? {};
  const { ContainerSpec: container } = found.Spec.TaskTemplate;
  return {
    id: found.ID,
    version: found.Version.Index,
    name,
    labels: found.Spec.Labels ?? {},
    taskLabels: container.Labels ?? {},
    image: container.Image,
    publishedPorts: portsOf(found.Endpoint?.Ports),
    ...settingsOf(found.Spec, (network) => names.get(network) ?? network),
    ...(State === undefined ? {} : { updateState: State }),
    ...(Message ? { updateMessage: Message } : {}),
    hasPrevious: found.PreviousSpec !== undefined && found.PreviousSpec !== null,
  };
}

async function networkNames(
  connection: Connection,
  { TaskTemplate, Networks }: ServiceSpec,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if ((TaskTemplate.Networks ?? Networks ?? []).length === 0) return new Map();
  const listed = await connection.ask(networksSchema, { method: 'GET', path: '/networks', signal });
  return new Map(listed.map(({ Id, Name }) => [Id, Name]));
}

function taskOf({ ID, Spec, Slot, NodeID, DesiredState, Status }: z.infer<typeof taskSchema>): SwarmTask {
  const at = Date.parse(Status.Timestamp ?? '');
  const exitCode = Status.ContainerStatus?.ExitCode;
  return {
    id: ID,
    ...(Slot ? { slot: Slot } : {}),
    ...(NodeID ? { nodeId: NodeID } : {}),
    desiredState: DesiredState,
    state: Status.State,
    message: Status.Err || Status.Message || '',
    ...(Number.isFinite(at) ? { at } : {}),
    ...(exitCode === undefined || exitCode === null ? {} : { exitCode }),
    image: Spec.ContainerSpec.Image,
    labels: Spec.ContainerSpec.Labels ?? {},
    ports: portsOf(Status.PortStatus?.Ports),
  };
}
