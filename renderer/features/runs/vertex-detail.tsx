import type { Problem } from '#shared/domain/errors.ts';
import type { Vertex } from '#shared/domain/step-events.ts';
import { Bytes } from '../../ui/amounts.tsx';
import { bytes, seconds } from '../../ui/format.ts';
import { WarnIcon } from '../../ui/icons.tsx';
import { Value } from '../../ui/value.tsx';
import { placeOfProblem } from './build-words.ts';

/** Everything that is known of one build step, below its bar. */
export function VertexDetail(props: { readonly vertex: Vertex; readonly onShow: (() => void) | undefined }) {
  const { vertex, onShow } = props;
  const { log, error, warnings = [] } = vertex;
  return (
    <div className="grid gap-1.5">
      <code className="break-words whitespace-pre-wrap text-ink">{vertex.name}</code>
      <p className="flex flex-wrap items-baseline gap-x-4 text-ink-3">
        <Took vertex={vertex} />
        {vertex.bytes !== undefined && <Moved bytes={vertex.bytes} />}
        {log !== undefined && log.bytes > 0 && (
          <span>
            wrote <Bytes value={log.bytes} />
          </span>
        )}
        {vertex.cell !== undefined && <code>{vertex.cell}</code>}
        {onShow !== undefined && <Value onClick={onShow}>Show in the log</Value>}
      </p>
      {log?.isClipped === true && <Clipped />}
      {warnings.length > 0 && <ProblemList problems={warnings} />}
      {error !== undefined && vertex.state === 'failed' && (
        <code className="break-words whitespace-pre-wrap text-bad">{error}</code>
      )}
    </div>
  );
}

function Took({ vertex: { state, startedAt, endedAt } }: { readonly vertex: Vertex }) {
  if (startedAt === undefined) return <span>has not begun</span>;
  if (state === 'cached') return <span>from the cache</span>;
  if (endedAt === undefined) return <span>running</span>;
  return <span>took {seconds(endedAt - startedAt)}</span>;
}

function Moved({ bytes: { done, total } }: { readonly bytes: NonNullable<Vertex['bytes']> }) {
  return (
    <span>
      moved <Bytes value={done} />
      {total !== undefined && total > done && ` of ${bytes(total)}`}
    </span>
  );
}

/** The limit is the engine's own, so only its owner can lift it; a file in the image is the way around. */
export function Clipped() {
  return (
    <p className="text-ink-2">
      <WarnIcon size={12} aria-hidden="true" className="relative -top-px mr-1.5 inline text-warn" />
      <b className="font-medium text-warn">The engine clipped what this step wrote.</b> It keeps 2 MiB of a
      step, and 200 KiB of a second. For all of it, write to a file within the step, or start the engine with{' '}
      <code className="whitespace-normal">BUILDKIT_STEP_LOG_MAX_SIZE=-1 BUILDKIT_STEP_LOG_MAX_SPEED=-1</code>.
    </p>
  );
}

/** Each with the place it is about. */
export function ProblemList({ problems }: { readonly problems: readonly Problem[] }) {
  return (
    <ul className="grid gap-1">
      {problems.map((problem) => (
        <li
          key={`${placeOfProblem(problem)} ${problem.what}`}
          className="grid grid-cols-[minmax(96px,auto)_minmax(0,1fr)] gap-x-3"
        >
          <code className="whitespace-normal text-ink [overflow-wrap:anywhere]">
            {placeOfProblem(problem)}
          </code>
          <span className="break-words">
            {problem.what} <span className="text-ink-3">{problem.hint}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
