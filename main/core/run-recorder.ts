import type { RunId } from '#shared/domain/ids.ts';
import type { LogLine, RecordedEvent, RunEvent, RunEventOf } from '#shared/domain/run-events.ts';
import type { Ports } from './context.ts';
import type { Advance, Redactor, StepOutput } from './ports.ts';

/** Everything a run leaves behind goes through here, and through redaction. */
export type RunRecorder = {
  /**
   * On the disk when it returns, with all before it. Throws `environment-busy` when the lease was lost: this process may
   * then change nothing any more.
   */
  append(event: RunEvent): RecordedEvent;
  /** Written in one transaction with whatever is written next, by `flush` at the latest. */
  appendWithNext(event: RunEvent): void;
  /** For what comes often and is worth no transaction of its own: written within moments. */
  appendSoon(event: RunEvent): void;
  /** As `append`, if it holds in the same transaction; false when it does not. */
  appendIf(event: RunEvent, holds: () => boolean): boolean;
  /** A run that waits passes to `#build` when it is its turn, under a new token. */
  advance(): Advance;
  /** Of the lease as it is now. */
  token(): number;
  line(line: Omit<LogLine, 'n' | 'at'>): void;
  lines(of: Omit<LogLine, 'n' | 'at' | 'text'>, texts: readonly string[]): void;
  /** Writes what is still in memory: others see it, and a power cut alone may lose it. */
  flush(): void;
};

/** About as many as the ledger keeps in one piece: they are compressed at once, and written once. */
const flushAtLines = 500;
/** What comes after a silence is written at once; what follows it so closely is gathered. */
const gatherMs = 100;

export function createRunRecorder(
  ports: Pick<Ports, 'ledger' | 'clock'>,
  runId: RunId,
  firstToken: number,
  redactor: Redactor,
  onWritten: () => void,
): RunRecorder {
  let token = firstToken;
  let waiting: Omit<LogLine, 'n'>[] = [];
  let pending: RunEvent[] = [];
  // The run was requested a moment ago.
  let writtenAt = ports.clock.monotonic();
  // A silence of its own: the first line of a step comes right after the event that it began.
  let linesWrittenAt = Number.NEGATIVE_INFINITY;

  const flushLines = () => {
    if (waiting.length === 0) return;
    ports.ledger.logs.append(runId, waiting);
    waiting = [];
    linesWrittenAt = ports.clock.monotonic();
    writtenAt = linesWrittenAt;
    onWritten();
  };
  const { appendAll, appendAllSoon } = ports.ledger.runs;
  const write = (events: readonly RunEvent[], put: typeof appendAll): readonly RecordedEvent[] => {
    // The log first: whoever reads that a step ended finds every line of it.
    flushLines();
    const all = [...pending, ...events];
    if (all.length === 0) return [];
    const recorded = put(runId, token, ports.clock.now(), all);
    pending = [];
    writtenAt = ports.clock.monotonic();
    onWritten();
    return recorded;
  };
  const flush = () => {
    write([], appendAllSoon);
  };
  const appendWithNext = (event: RunEvent) => {
    pending = withNewest(pending, redactor.redactDeep(event));
  };
  const isSilence = (since: number) => ports.clock.monotonic() - since >= gatherMs;
  const lines: RunRecorder['lines'] = (of, texts) => {
    const at = ports.clock.now();
    // A build step is named by its command, which may hold what it should not.
    const source = redactor.redact(of.source);
    for (const text of texts) waiting.push({ ...of, source, text: redactor.redact(text), at });
    if (waiting.length >= flushAtLines || isSilence(linesWrittenAt)) flushLines();
  };

  return {
    flush,
    append(event) {
      const recorded = write([redactor.redactDeep(event)], appendAll).at(-1);
      if (recorded === undefined) throw new Error('nothing was recorded');
      return recorded;
    },
    appendWithNext,
    appendSoon(event) {
      appendWithNext(event);
      if (isSilence(writtenAt)) flush();
    },
    appendIf(event, holds) {
      flush();
      const at = ports.clock.now();
      const recorded = ports.ledger.runs.appendIf(runId, token, at, redactor.redactDeep(event), holds);
      if (recorded !== undefined) onWritten();
      return recorded !== undefined;
    },
    advance() {
      const answer = ports.ledger.leases.advance(runId, token, ports.clock.now());
      if (answer.kind === 'taken') token = answer.token;
      return answer;
    },
    token: () => token,
    line: ({ text, ...of }) => lines(of, [text]),
    lines,
  };
}

type Said = Extract<StepOutput, { kind: 'line' | 'lines' }>;

/** What a step says for its log. */
export function recordSaid(recorder: RunRecorder, step: string, said: Said): void {
  const texts = said.kind === 'line' ? [said.text] : said.texts;
  recorder.lines({ step, source: said.source, level: said.level }, texts);
}

/** Of a build's step that changes many times in a moment the newest counts. */
function withNewest(events: readonly RunEvent[], event: RunEvent): RunEvent[] {
  if (event.kind !== 'vertex-changed') return [...events, event];
  const { step, vertex } = event;
  const isOfSame = (other: RunEvent): other is RunEventOf<'vertex-changed'> =>
    other.kind === 'vertex-changed' && other.step === step && other.vertex.id === vertex.id;
  const index = events.findIndex(isOfSame);
  const before = events[index];
  if (before === undefined || !isOfSame(before)) return [...events, event];
  // What was said of it and is not said again still holds (shared/domain/run-reducer.ts).
  return events.with(index, { ...event, vertex: { ...before.vertex, ...vertex } });
}
