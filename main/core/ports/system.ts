import type { ProcessIdentity } from '#shared/domain/processes.ts';

export type Clock = {
  /** Milliseconds since 1970, for what is recorded. It is set now and then: how long something takes it does not tell. */
  now(): number;
  /** Milliseconds since some moment of this process's; goes on whatever the clock on the wall is set to. */
  monotonic(): number;
  /** An abort ends it at once, with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

/** Tells processes apart across pid reuse and reboots. */
export type ProcessTable = {
  self(): ProcessIdentity;
  identify(pid: number): ProcessIdentity | undefined;
  isAlive(process: ProcessIdentity): boolean;
  /** SIGTERM, then SIGKILL after `graceMs`; resolves when the process is gone. Never touches a reused pid. */
  end(process: ProcessIdentity, graceMs: number): Promise<void>;
};

export type OutputLine = { readonly stream: 'out' | 'err'; readonly text: string };

export type CommandOptions = {
  /** First the program, then its arguments; never a shell string. */
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly signal: AbortSignal;
  /** Called for each line as it comes. */
  readonly onLine?: (line: OutputLine) => void;
  readonly onSpawn?: (process: ProcessIdentity) => void;
};

export type CommandResult = {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/**
 * Runs a program to its end. A non-zero exit is a result, not an error; a program that cannot be started rejects
 * with the operating system's error (`code: 'ENOENT'`). An abort ends the whole process group.
 */
export type Commands = { run(options: CommandOptions): Promise<CommandResult> };

export type HttpAnswer = {
  readonly status: number;
  /** Names in lower case; of one that came more than once, the values joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly durationMs: number;
};

export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
};

/**
 * Rejects when no answer came; any status is an answer. Redirects are not followed. Bodies are cut: for `get` at 64 KiB,
 * for `send` at 8 MiB. No error names the address: it may be a secret.
 */
export type Http = {
  get(
    url: string,
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<HttpAnswer>;
  send(request: HttpRequest): Promise<HttpAnswer>;
};

/** Connects over TCP and closes at once. Resolves with how long it took; rejects where nothing accepts. */
export type Sockets = {
  connect(
    address: { readonly host: string; readonly port: number },
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<number>;
};

export type Files = {
  /** `undefined` when there is no such file. */
  readText(path: string): Promise<string | undefined>;
  exists(path: string): Promise<boolean>;
};

/**
 * What changed below a watched folder, outside of `.git`. Of each path: it may be new, gone or another, or have other
 * bytes or modes; and where it is a folder, so may anything below it. `doubt`: events may have been lost (overflow, wake
 * from sleep, an error), so anything may be different.
 */
export type FolderChange =
  | { readonly kind: 'paths'; readonly paths: readonly string[] }
  | { readonly kind: 'doubt'; readonly why: string };

export type FolderWatch = {
  /**
   * Resolves when every change that was on disk at the call has been told: on Linux exactly, elsewhere as a rule. No
   * system tells of all writes (by mmap, or through a hard link from outside): whoever must not be wrong looks again.
   * Rejects once the watch has ended by itself, of which the last doubt told.
   */
  settled(): Promise<void>;
  close(): Promise<void>;
};

/** Watches folders, one watch a directory, never one a file. */
export type FolderWatcher = {
  /** Absolute paths are told. Rejects where the folder is gone or the system gives no more watches. */
  watch(folder: string, onChange: (change: FolderChange) => void): Promise<FolderWatch>;
};
