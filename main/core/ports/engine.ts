import type { ImageFacts } from '#shared/domain/image.ts';
import type { ObservedService } from '#shared/domain/observed.ts';
import type { Vertex } from '#shared/domain/run-events.ts';
import type { EngineStatus } from '#shared/domain/system.ts';

export type BuildRequest = {
  /** Absolute path of the context. */
  readonly contextFolder: string;
  /** Relative to the context. */
  readonly dockerfile: string;
  readonly target?: string;
  readonly args: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** For `RUN --mount=type=secret`, by id. They reach the step alone: no layer, no history. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** The only name the image gets; the caller gives it its others. */
  readonly tag: string;
  readonly noCache: boolean;
  readonly signal: AbortSignal;
};

export type BuildOutput =
  | { readonly kind: 'vertex'; readonly vertex: Vertex }
  /** `vertexId` is absent for what the engine says of the build as a whole. */
  | {
      readonly kind: 'line';
      readonly vertexId?: string;
      readonly stream: 'out' | 'err';
      readonly text: string;
    }
  | { readonly kind: 'progress'; readonly text: string }
  /** Last, and only on success. */
  | { readonly kind: 'image'; readonly imageId: string };

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
    readonly hostIp: string;
    readonly hostPort: number;
    readonly containerPort: number;
    readonly protocol: string;
  }[];
  readonly restartCount: number;
};

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
  /** By tag, id or digest; `undefined` when the engine has no such image. */
  image(ref: string, signal?: AbortSignal): Promise<ImageFacts | undefined>;
  tag(imageId: string, ref: string, signal?: AbortSignal): Promise<void>;
  /** Removes a name, never an image under its other names. A name that is gone already is no error. */
  untag(ref: string, signal?: AbortSignal): Promise<void>;
  /** Running and stopped ones that carry all these labels. */
  containers(labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<readonly Container[]>;
  /** Removes every container that carries all these labels, running or not; resolves with how many there were. */
  removeContainers(labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<number>;
  /** The last lines a container wrote. */
  containerLog(containerId: string, lines: number, signal?: AbortSignal): Promise<readonly string[]>;
  /** Runs a command in a fresh container of the image and removes the container, whatever happens. Resolves with the exit code. */
  runInImage(request: {
    readonly imageId: string;
    readonly argv: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly labels: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
    readonly onLine: (line: { readonly stream: 'out' | 'err'; readonly text: string }) => void;
  }): Promise<number>;
};
