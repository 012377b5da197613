/** Whether services can be asked of the engine. */
export type SwarmMembership =
  | {
      readonly kind: 'manager';
      readonly nodeId: string;
      /** Where this node is reached; absent for this machine. */
      readonly host?: string;
      readonly nodes: readonly SwarmNode[];
    }
  /** `none`: in no swarm at all. `locked`: a manager that waits for its key. */
  | { readonly kind: 'none' | 'worker' | 'locked' };

export type SwarmNode = {
  readonly id: string;
  /** As other nodes reach it. */
  readonly address: string;
  /** Ready, and given tasks. */
  readonly isActive: boolean;
};

export type SwarmPort = {
  /** Absent: the engine chooses. */
  readonly published?: number;
  readonly target: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** `ingress`: on every node, through the routing mesh. `host`: on the nodes of its tasks alone. */
  readonly mode: 'ingress' | 'host';
};

export type SwarmUpdate = {
  /** 0 is all at once. */
  readonly parallelism: number;
  readonly delayMs: number;
  readonly order: 'start-first' | 'stop-first';
  /** How long each task is watched after it was started. */
  readonly monitorMs: number;
  readonly failureAction: 'rollback' | 'pause' | 'continue';
};

/** What of a service is decided here. Anything absent stays as it is there, and so does what is not named at all. */
export type SwarmServiceSettings = {
  readonly replicas?: number;
  /** By name. */
  readonly networks?: readonly string[];
  readonly endpointMode?: 'vip' | 'dnsrr';
  readonly ports?: readonly SwarmPort[];
  readonly update?: SwarmUpdate;
  readonly constraints?: readonly string[];
};

export type SwarmServiceWish = SwarmServiceSettings & {
  readonly name: string;
  /** Added to those it has. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of its containers; added to those they have. */
  readonly taskLabels: Readonly<Record<string, string>>;
  readonly image: string;
  /** In a registry, whose credentials the nodes are then given. */
  readonly isPulled: boolean;
  /** All of it: what is not named here goes. */
  readonly env: ReadonlyMap<string, string>;
};

export type SwarmServiceVersion = {
  readonly id: string;
  /** Rises with every change of the service; a change says which it was made for. */
  readonly version: number;
};

export type SwarmService = SwarmServiceVersion &
  SwarmServiceSettings & {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly taskLabels: Readonly<Record<string, string>>;
    readonly image: string;
    /** With those that the engine chose. */
    readonly publishedPorts: readonly SwarmPort[];
    /** Absent until something was updated, and from each update until it has begun. */
    readonly updateState?:
      | 'updating'
      | 'paused'
      | 'completed'
      | 'rollback_started'
      | 'rollback_paused'
      | 'rollback_completed';
    readonly updateMessage?: string;
    /** It was updated before, so there is something to go back to. */
    readonly hasPrevious: boolean;
  };

export type SwarmTask = {
  readonly id: string;
  readonly slot?: number;
  readonly nodeId?: string;
  /** `running`, `ready` (waits for another to stop), `shutdown` ... */
  readonly desiredState: string;
  /** `new`, `pending`, ... `starting`, `running`, `complete`, `failed`, `rejected`, ... */
  readonly state: string;
  /** Why it is in that state. */
  readonly message: string;
  /** Of `state`. */
  readonly at?: number;
  readonly exitCode?: number;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Those in `host` mode. */
  readonly ports: readonly SwarmPort[];
};

/** Services of the swarm that an engine manages. Rejects as every call of the engine does. */
export type Swarm = {
  membership(signal?: AbortSignal): Promise<SwarmMembership>;
  /** `scope` is `swarm` for those that services can be in. */
  network(name: string, signal?: AbortSignal): Promise<{ readonly scope: string } | undefined>;
  service(name: string, signal?: AbortSignal): Promise<SwarmService | undefined>;
  /** Those that were replaced too, as long as the swarm remembers them. */
  tasks(serviceId: string, signal?: AbortSignal): Promise<readonly SwarmTask[]>;
  create(wish: SwarmServiceWish, signal?: AbortSignal): Promise<SwarmServiceVersion>;
  /** Refused where the service has become another version. */
  update(at: SwarmServiceVersion, wish: SwarmServiceWish, signal?: AbortSignal): Promise<SwarmServiceVersion>;
  /** Back to what it was before its last update; resolves when that has begun. */
  rollBack(at: SwarmServiceVersion, signal?: AbortSignal): Promise<void>;
  remove(serviceId: string, signal?: AbortSignal): Promise<void>;
  /** The last lines of a task, from whichever node it is on. */
  taskLog(taskId: string, lines: number, signal?: AbortSignal): Promise<readonly string[]>;
};
