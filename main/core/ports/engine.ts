import type { EnginePlace } from '#shared/domain/engine-place.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import type { ObservedService } from '#shared/domain/observed.ts';
import type { RunEventOf } from '#shared/domain/run-events.ts';
import type { Vertex } from '#shared/domain/step-events.ts';
import type { EngineStatus } from '#shared/domain/system.ts';
import type { Registry, TransferProgress } from './registry.ts';
import type { Swarm } from './swarm.ts';

/** One image of a build: the only one, or a cell of its matrix. */
export type BuildImage = {
  /** Absent without a matrix. */
  readonly cell?: string;
  readonly args: Readonly<Record<string, string>>;
  /** The only name the image gets; the caller gives it its others. */
  readonly tag: string;
};

/** Where an SSH agent listens; the engine's steps talk to it through us. */
export type SshAgent = { readonly id: string; readonly socket: string };

/** A build that has begun; what it holds is the engine room's affair. */
export type BuildBegun = {
  /** Nobody builds it any more. Of no effect once somebody has. */
  drop(): void;
};

/** What to build, and how. */
export type BuildSpec = {
  /** Absolute path of the context. */
  readonly contextFolder: string;
  /** Relative to the context. */
  readonly dockerfile: string;
  /** At least one; they share one session, and so one transfer of the context. The first to fail ends the others. */
  readonly images: readonly [BuildImage, ...BuildImage[]];
  /** How many of them build side by side. */
  readonly atOnce: number;
  readonly target?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Additional named contexts: an absolute folder, or what the engine fetches itself. */
  readonly contexts: Readonly<Record<string, string>>;
  /** Empty: the engine's own. */
  readonly platforms: readonly string[];
  /** As the docker CLI writes them: an image name, or `type=…,key=value`. */
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  readonly noCache: boolean;
  readonly pull: 'missing' | 'always';
  readonly network: 'default' | 'none' | 'host';
  readonly extraHosts: Readonly<Record<string, string>>;
  readonly provenance: 'off' | 'min' | 'max';
  /** A scanner image, or the engine's own. */
  readonly sbom: false | { readonly generator?: string };
  /** For `RUN --mount=type=secret`, by id. They reach the step alone: no layer, no history. */
  readonly secrets: Readonly<Record<string, Uint8Array>>;
  /** For `RUN --mount=type=ssh`. */
  readonly ssh: readonly SshAgent[];
  /** Seconds since 1970: times in the image are no later (SOURCE_DATE_EPOCH). */
  readonly sourceDateEpoch?: number;
};

export type BuildRequest = BuildSpec & {
  /** Of this very build and of no other: it is as its files were since it began. */
  readonly begun?: BuildBegun;
  readonly signal: AbortSignal;
};

export type BuildOutput =
  /** `vertex.cell` says which of the images first asked for it. */
  | { readonly kind: 'vertex'; readonly vertex: Vertex }
  /** `vertexId` is absent for what the engine says of the build as a whole. */
  | {
      readonly kind: 'lines';
      readonly vertexId?: string;
      readonly cell?: string;
      readonly stream: 'out' | 'err';
      readonly texts: readonly string[];
    }
  | { readonly kind: 'progress'; readonly text: string }
  /** Once for each folder that was synchronised with the engine. */
  | ({ readonly kind: 'sent' } & Omit<RunEventOf<'context-sent'>, 'kind' | 'step'>)
  /** One for each image of the request, and only on success. */
  | { readonly kind: 'image'; readonly cell?: string; readonly imageId: string };

export type Container = {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly imageId: string;
  readonly imageRef: string;
  readonly running: boolean;
  readonly exitCode: number;
  readonly health: ObservedService['health'];
  readonly state: string;
  /** When it was started. */
  readonly since?: number;
  readonly ports: readonly {
    /** Of an engine on another machine, its name where the port is published on all addresses. */
    readonly hostIp: string;
    readonly hostPort: number;
    readonly containerPort: number;
    readonly protocol: string;
    /** On the loopback of another machine: nobody can ask it from here. */
    readonly isOnlyThere?: true;
  }[];
  readonly restartCount: number;
};

/** An image as a list of all of them has it. */
export type ListedImage = {
  readonly imageId: string;
  /** With their tags; empty for an image that has lost its last. */
  readonly names: readonly string[];
  /** Its manifest digests, wherever it was pushed to or pulled from. */
  readonly digests: readonly string[];
  /** Bytes, as the engine's list counts them. */
  readonly size: number;
};

/** `isAtLeast`: the engine does not tell all of it. What its build cache keeps is not known either way. */
export type FreedSpace = { readonly bytes: number; readonly isAtLeast: boolean };

/**
 * The Docker engine. Every call rejects with `engine-unreachable` when the engine does not answer, and with
 * `engine-refused` (carrying the engine's sentence) when it says no.
 */
export type Engine = {
  /** Never rejects. */
  status(signal?: AbortSignal): Promise<EngineStatus>;
  /** Environment variables with which the docker CLI reaches the same engine (DOCKER_HOST, DOCKER_CONFIG, PATH, HOME). */
  cliEnvironment(): Readonly<Record<string, string>>;
  /** Throws `engine-refused` when the build fails; the output up to then has been yielded. Aborting stops the engine's work. */
  build(request: BuildRequest): AsyncIterable<BuildOutput>;
  /**
   * Reads the context and opens what the engine asks by, while the caller finds out what the image is to say of itself:
   * its labels and times may be others in the end. What is in the way is met by the build.
   */
  begin(spec: BuildSpec): Promise<BuildBegun>;
  /** What its containers are, such as `linux/amd64`. */
  platform(signal?: AbortSignal): Promise<string>;
  /** Of these paths below a build's context, those that its ignore file leaves to be sent. Asks no engine. */
  sentOf(contextFolder: string, dockerfile: string, paths: readonly string[]): Promise<readonly string[]>;
  /** By tag, id or digest; `undefined` when the engine has no such image. */
  image(ref: string, signal?: AbortSignal): Promise<ImageFacts | undefined>;
  /** Every image the engine has, in one call. */
  images(signal?: AbortSignal): Promise<readonly ListedImage[]>;
  /** What would be free if all of these went and every other stayed. Reads every image, so not for boards. */
  spaceOf(imageIds: ReadonlySet<string>, signal?: AbortSignal): Promise<FreedSpace>;
  tag(imageId: string, ref: string, signal?: AbortSignal): Promise<void>;
  /** Removes a name, never an image under its other names. A name that is gone already is no error. */
  untag(ref: string, signal?: AbortSignal): Promise<void>;
  /** Running and stopped ones that carry all these labels. */
  containers(labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<readonly Container[]>;
  /** Removes every container that carries all these labels, running or not; resolves with how many there were. */
  removeContainers(labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<number>;
  /** Its own orchestrator, on one machine or many. */
  swarm(): Promise<Swarm>;
  /** The last lines a container wrote. */
  containerLog(containerId: string, lines: number, signal?: AbortSignal): Promise<readonly string[]>;
  /** Runs a command in a fresh container of the image and removes the container, whatever happens. */
  runInImage(request: {
    readonly imageId: string;
    readonly argv: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly labels: Readonly<Record<string, string>>;
    /** A file of the container that is wanted afterwards, whatever the exit code. */
    readonly collect?: string;
    readonly signal: AbortSignal;
    readonly onLine: (line: { readonly stream: 'out' | 'err'; readonly text: string }) => void;
  }): Promise<RunInImageResult>;
};

export type RunInImageResult = {
  readonly exitCode: number;
  /** What `collect` named; absent where it is no file, or larger than 16 MiB. */
  readonly collected?: Uint8Array;
};

/** What was learnt of an image while it went to another engine. */
export type LoadedImage = {
  /** As that engine calls it. Another image store has another id for the same bytes. */
  readonly imageId: string;
  /** Read from the bytes that travelled. */
  readonly configDigest: string;
  readonly bytesSent: number;
};

/** What another engine lacks of an image, as far as that can be told beforehand. */
export type MissingImage = {
  /** Bytes of the layers that have to travel; at most, where engines do not tell sizes of layers. */
  readonly bytes: number;
  readonly layers: number;
  /** How many of its layers are there already. */
  readonly present: number;
};

/** An engine of its own for one or several environments. */
export type RemoteEngine = {
  /** For people, as gantry.yml has it: `context prod`, `ssh://deploy@shop.example.com`. */
  readonly name: string;
  readonly engine: Engine;
  /** Pulls and pushes through that engine. */
  readonly registry: Registry;
  /** Whether that engine itself reaches the registry and is let in; asks it, fetches nothing. */
  canPull(ref: string, signal?: AbortSignal): Promise<boolean>;
  /** Layers are looked for in what that engine has under names of the same repository as `ref`. */
  missing(imageId: string, ref: string, signal?: AbortSignal): Promise<MissingImage>;
  /**
   * Streams an image of the engine that Gantry uses to this one, without the layers that it has, and names it `ref`
   * once it is known to be the same. Throws `target-refused` when what arrived is another image.
   */
  load(
    imageId: string,
    ref: string,
    transfer: {
      readonly signal?: AbortSignal;
      readonly onProgress?: (progress: TransferProgress) => void;
    },
  ): Promise<LoadedImage>;
};

/** Engines beside the one that Gantry uses. */
export type Engines = {
  /** The same one for the same place; connected to with its first call. `folder` is where relative paths start. */
  at(place: EnginePlace, folder: string): RemoteEngine;
  /** Ends connections that were kept. */
  dispose(): void;
};
