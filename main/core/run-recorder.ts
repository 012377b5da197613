import type { RunId } from '#shared/domain/ids.ts';
import type { LogLine, RecordedEvent, RunEvent } from '#shared/domain/run-events.ts';
import type { Ports } from './context.ts';
import type { Advance, Redactor } from './ports.ts';

/** Everything a run leaves behind goes through here, and through redaction. */
export type RunRecorder = {
  /** Throws `environment-busy` when the lease was lost: this process may then change nothing any more. */
  append(event: RunEvent): RecordedEvent;
  /** As `append`, if it holds in the same transaction; false when it does not. */
  appendIf(event: RunEvent, holds: () => boolean): boolean;
  /** A run that waits passes to `#build` when it is its turn, under a new token. */
  advance(): Advance;
  /** Of the lease as it is now. */
  token(): number;
  line(line: Omit<LogLine, 'n' | 'at'>): void;
  /** Writes lines that are still in memory. */
  flush(): void;
};

const flushAtLines = 200;

export function createRunRecorder(
  ports: Pick<Ports, 'ledger' | 'clock'>,
  runId: RunId,
  firstToken: number,
  redactor: Redactor,
  onRecorded: () => void,
): RunRecorder {
  let token = firstToken;
  let waiting: Omit<LogLine, 'n'>[] = [];
  const flush = () => {
    if (waiting.length === 0) return;
    ports.ledger.logs.append(runId, waiting);
    waiting = [];
  };
  return {
    flush,
    append(event) {
      // The log first: whoever reads that a step ended finds every line of it.
      flush();
      const recorded = ports.ledger.runs.append(runId, token, ports.clock.now(), redactor.redactDeep(event));
      onRecorded();
      return recorded;
    },
    appendIf(event, holds) {
      flush();
      const at = ports.clock.now();
      const recorded = ports.ledger.runs.appendIf(runId, token, at, redactor.redactDeep(event), holds);
      if (recorded !== undefined) onRecorded();
      return recorded !== undefined;
    },
    advance() {
      const answer = ports.ledger.leases.advance(runId, token, ports.clock.now());
      if (answer.kind === 'taken') token = answer.token;
      return answer;
    },
    token: () => token,
    line(line) {
      // A build step is named by its command, which may hold what it should not.
      const [source, text] = [redactor.redact(line.source), redactor.redact(line.text)];
      waiting.push({ ...line, source, text, at: ports.clock.now() });
      if (waiting.length >= flushAtLines) flush();
    },
  };
}
