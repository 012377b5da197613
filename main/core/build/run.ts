import type { RunId } from '#shared/domain/ids.ts';
import type { Redactor } from '../ports.ts';

/** The run that a build is, as far as its steps need to know it. */
export type BuildRun = {
  readonly id: RunId;
  /** Learns every secret before anything is sent. */
  readonly redactor: Redactor;
};
