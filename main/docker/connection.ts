import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import * as z from 'zod';
import { GantryError } from '#shared/domain/errors.ts';
import { createDial, type Dial } from './dial.ts';
import { refused, unreachable, whyNot } from './failures.ts';
import type { Candidate } from './find-engine.ts';
import { publishedHost } from './published-host.ts';
import type { SshConnections } from './ssh-connections.ts';

/** The newest API that this room was written for. An older engine is spoken to in its own. */
const newestApi = '1.47';
/** The oldest with all that is asked for: labels on builds, BuildKit over /build, image inspection with RootFS. */
const oldestApi = '1.39';

const pingWithinMs = 2_500;
/** Another machine is further away; over ssh a connection may have to begin first. Sooner than boards give up. */
const farPingWithinMs = 5_000;
const sshPingWithinMs = 7_000;
/** While an image goes there it may fill the line: then even a ping takes its time. */
const farSilenceEndsMs = 20_000;
/** A call that is silent for so long is given up unless the engine still answers a ping: pings are small, calls may not be. */
const silenceMs = 2_000;

export type Request = {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
  readonly upload?: Readable;
  readonly registryAuth?: string;
  readonly signal: AbortSignal;
  /** Other statuses that are an answer and no refusal. */
  readonly accept?: readonly number[];
};

/** One engine that answered, and the API version agreed with it. */
export type Connection = {
  readonly engine: Candidate;
  readonly apiVersion: string;
  readonly hasBuildKit: boolean;
  /**
   * Whether BuildKit takes a context in the body of /build. With the containerd store it does since Docker 28.0
   * (moby/moby#47717).
   */
  takesUpload(signal: AbortSignal): Promise<boolean>;
  readonly product: 'docker' | 'podman';
  info(signal: AbortSignal): Promise<EngineInfo>;
  /** What its containers are, such as `linux/amd64`; asked once. */
  platform(signal: AbortSignal): Promise<string>;
  /** Where what its containers publish is reached; `undefined` for an engine on this machine. */
  publishedHost(): Promise<string | undefined>;
  /** Asked once. */
  imageStore(signal: AbortSignal): Promise<ImageStore>;
  /** Resolves with the head of the answer; the body is read by the caller. Throws `engine-refused` for any other status. */
  send(request: Request): Promise<IncomingMessage>;
  /** The same with a body of JSON. */
  ask<T>(schema: z.ZodType<T>, request: Request): Promise<T>;
  /**
   * Does work that ends with the caller's signal, and with `engine-unreachable` as soon as the engine is gone or has
   * stopped answering. What the work throws is put into the port's errors.
   */
  during<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** A signal that fires with `engine-unreachable` when the engine stops answering; `stop` ends the watch. */
  watch(): { readonly signal: AbortSignal; stop(): void };
  /** The port's error for what a connection threw; anything else is a bug, and stays what it is. */
  failure(error: unknown): unknown;
};

export type ImageStore = 'classic' | 'containerd';

export type EngineInfo = { readonly version: string; readonly imageStore: ImageStore };

export type Env = Readonly<Record<string, string | undefined>>;

/** Throws `engine-unreachable`, or `engine-refused` for an engine that is too old. */
export async function connect(
  engine: Candidate,
  env: Env,
  ssh: () => Promise<SshConnections>,
  signal?: AbortSignal,
): Promise<Connection> {
  const { dial, head } = await reach(engine, ssh, signal);
  const theirs = headerOf(head, 'api-version') ?? oldestApi;
  const apiVersion = env.DOCKER_API_VERSION || lower(newestApi, theirs);
  if (isBelow(apiVersion, oldestApi)) {
    const hint = `Update the engine: Gantry needs API ${oldestApi}, Docker 18.09 or newer.`;
    throw refused(`The engine at ${engine.host} speaks API ${apiVersion}, which is too old`, hint);
  }
  const failure = (error: unknown) =>
    isOfConnection(error) ? unreachable(engine, whyNot(error), error) : error;

  async function send(request: Request): Promise<IncomingMessage> {
    const { accept = [], path, ...rest } = request;
    const answer = await dial({ ...rest, path: `/v${apiVersion}${path}` });
    const status = answer.statusCode ?? 0;
    if ((status >= 200 && status < 300) || accept.includes(status)) return answer;
    throw refused(await sentenceIn(answer), 'The engine said no; its log may tell more.');
  }

  async function ask<T>(schema: z.ZodType<T>, request: Request): Promise<T> {
    return schema.parse(JSON.parse((await bodyOf(await send(request))).toString('utf8')));
  }

  let store: ImageStore | undefined;

  async function info(infoSignal: AbortSignal): Promise<EngineInfo> {
    const told = await ask(infoSchema, { method: 'GET', path: '/info', signal: infoSignal });
    store = storeOf(told);
    return { version: told.ServerVersion, imageStore: store };
  }

  async function imageStore(storeSignal: AbortSignal): Promise<ImageStore> {
    store ??= (await info(storeSignal)).imageStore;
    return store;
  }

  let platform: string | undefined;
  async function ownPlatform(platformSignal: AbortSignal): Promise<string> {
    if (platform === undefined) {
      const told = await ask(versionSchema, { method: 'GET', path: '/version', signal: platformSignal });
      platform = `${told.Os}/${told.Arch}`;
    }
    return platform;
  }

  let published: Promise<string | undefined> | undefined;
  const watch = () => watchOver(engine, dial);

  return {
    engine,
    apiVersion,
    hasBuildKit: headerOf(head, 'builder-version') === '2',
    takesUpload: async (storeSignal) =>
      !isBelow(theirs, '1.48') || (await imageStore(storeSignal)) === 'classic',
    product: headerOf(head, 'libpod-api-version') === undefined ? 'docker' : 'podman',
    send,
    ask,
    info,
    platform: ownPlatform,
    publishedHost() {
      published ??= publishedHost(engine, env);
      return published;
    },
    imageStore,
    watch,
    failure,
    async during(outer, work) {
      outer?.throwIfAborted();
      const watched = watch();
      const signal = outer === undefined ? watched.signal : AbortSignal.any([outer, watched.signal]);
      try {
        return await work(signal);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw failure(error);
      } finally {
        watched.stop();
      }
    },
  };
}

/** Node's errors have a code. Half a message of JSON is what is left when the connection is cut. */
function isOfConnection(error: unknown): boolean {
  if (error instanceof SyntaxError) return true;
  if (!(error instanceof Error) || error instanceof GantryError) return false;
  return 'code' in error && typeof error.code === 'string';
}

/** In Go's words, as images have them; /info has the kernel's. */
const versionSchema = z.object({ Os: z.string(), Arch: z.string() });

const infoSchema = z.object({
  ServerVersion: z.string(),
  DriverStatus: z.array(z.array(z.string())).nullish(),
});

function storeOf({ DriverStatus }: z.infer<typeof infoSchema>): ImageStore {
  const isContainerd = (DriverStatus ?? []).some(
    ([key, value]) => key === 'driver-type' && value?.startsWith('io.containerd.snapshotter'),
  );
  return isContainerd ? 'containerd' : 'classic';
}

async function reach(engine: Candidate, ssh: () => Promise<SshConnections>, signal: AbortSignal | undefined) {
  try {
    const dial = await createDial(engine, ssh);
    return { dial, head: await ping(dial, patienceFor(engine), signal) };
  } catch (error) {
    signal?.throwIfAborted();
    throw unreachable(engine, whyNot(error), error);
  }
}

function patienceFor(engine: Candidate): number {
  if (engine.host.startsWith('ssh:')) return sshPingWithinMs;
  return isFar(engine) ? farPingWithinMs : pingWithinMs;
}

function isFar({ host }: Candidate): boolean {
  return !/^(?:unix|npipe):|^[a-z]+:\/\/(?:localhost|127\.|\[::1\])/.test(host) || host.startsWith('ssh:');
}

/** Undefined API versions and methods apart, every engine answers this. */
async function ping(dial: Dial, withinMs: number, signal?: AbortSignal): Promise<IncomingMessage> {
  const deadline = patience(withinMs);
  const either = signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]);
  try {
    // Not HEAD: some proxies and old engines do not know it.
    const answer = await dial({ method: 'GET', path: '/_ping', signal: either });
    const body = await bodyOf(answer);
    const status = answer.statusCode ?? 0;
    if (status === 200) return answer;
    // What an engine with TLS says to one who comes without.
    const isPlain = /HTTP request to an HTTPS/.test(body.toString('utf8'));
    throw new Error(isPlain ? 'it wants TLS' : `it answered ${status} to a ping`);
  } catch (error) {
    if (deadline.signal.aborted) throw new Error(`it has not answered for ${withinMs / 1000} seconds`);
    throw error;
  } finally {
    deadline.stop();
  }
}

/** A deadline that gives this process, should it have been busy itself, a last chance to read what has arrived. */
function patience(ms: number): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    immediate = setImmediate(() => controller.abort());
  }, ms);
  return {
    signal: controller.signal,
    stop() {
      clearTimeout(timer);
      clearImmediate(immediate);
    },
  };
}

function watchOver(engine: Candidate, dial: Dial) {
  const gone = new AbortController();
  const over = new AbortController();
  let timer: NodeJS.Timeout;
  const look = async () => {
    try {
      await ping(dial, isFar(engine) ? farSilenceEndsMs : pingWithinMs, over.signal);
      if (!over.signal.aborted) timer = setTimeout(look, silenceMs);
    } catch (error) {
      if (!over.signal.aborted) gone.abort(unreachable(engine, whyNot(error), error));
    }
  };
  timer = setTimeout(look, silenceMs);
  return {
    signal: gone.signal,
    stop() {
      clearTimeout(timer);
      over.abort();
    },
  };
}

export async function bodyOf(answer: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const refusalSchema = z.object({ message: z.string() });

async function sentenceIn(answer: IncomingMessage): Promise<string> {
  const body = (await bodyOf(answer)).toString('utf8');
  try {
    const read = refusalSchema.safeParse(JSON.parse(body));
    if (read.success) return read.data.message;
  } catch {
    // A proxy's page instead of the engine's JSON.
  }
  return body.trim() === '' ? `The engine answered ${answer.statusCode}` : body.slice(0, 500);
}

function headerOf(answer: IncomingMessage, name: string): string | undefined {
  const value = answer.headers[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first === '' ? undefined : first;
}

function isBelow(left: string, right: string): boolean {
  const [[leftMajor = 0, leftMinor = 0], [rightMajor = 0, rightMinor = 0]] = [numbers(left), numbers(right)];
  return leftMajor < rightMajor || (leftMajor === rightMajor && leftMinor < rightMinor);
}

function lower(left: string, right: string): string {
  return isBelow(left, right) ? left : right;
}

function numbers(version: string): readonly number[] {
  return version.split('.').map(Number);
}
