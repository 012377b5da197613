export type SeenProcess = {
  readonly startTime: string;
  readonly leadsGroup: boolean;
  /** It does nothing any more and only waits for its parent to collect it. */
  readonly hasEnded: boolean;
};

/** What an operating system tells of its processes. */
export type Processes = {
  /** Different after each boot of the machine. */
  bootId(): string;
  look(pid: number): SeenProcess | undefined;
};
