import type { KeyboardEvent, MouseEvent, ReactNode } from 'react';
import { useRef } from 'react';
import type { ReleaseId } from '#shared/domain/ids.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { Bytes } from '../../ui/amounts.tsx';
import { cx } from '../../ui/cx.ts';
import { count } from '../../ui/format.ts';
import { CommitSha, ReleaseId as ReleaseName } from '../../ui/identity.tsx';
import { selectedRow } from '../../ui/sheet.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { RelativeTime } from '../../ui/time.tsx';
import { ReleaseDetail } from './release-detail.tsx';
import type { ReleaseRow } from './release-rows.ts';
import { presenceWords, sizeOf } from './release-rows.ts';
import { RunsIn } from './runs-in.tsx';

/** Newest first. Arrow keys choose, Space marks for a comparison, Enter goes on to what can be done. */
export function ReleaseList(props: {
  readonly rows: readonly ReleaseRow[];
  readonly selected: ReleaseId | undefined;
  /** Asked for by name: in a narrow window its facts stand under its row. */
  readonly opened: ReleaseId | undefined;
  readonly marked: readonly ReleaseId[];
  readonly hasPreview: () => boolean;
  readonly onSelect: (id: ReleaseId | undefined) => void;
  /** From the list to what can be done with the chosen one. */
  readonly onEnter: () => void;
  readonly onMark: (id: ReleaseId) => void;
  readonly onChanged: () => void;
  readonly end: ReactNode;
}) {
  const { rows, selected, opened, marked, hasPreview, onSelect, onEnter, onMark, onChanged, end } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const ids = rows.map(({ image }) => image.release.id);
  const focusRow = (id: ReleaseId): void =>
    scroller.current?.querySelector<HTMLElement>(`[data-release="${id}"]`)?.focus();
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!(event.target instanceof HTMLElement)) return;
    const { release } = event.target.dataset;
    const at = rows.findIndex(({ image }) => image.release.id === release);
    const id = ids[at];
    if (id === undefined) return;
    if (event.key === 'Enter' && hasPreview()) {
      event.preventDefault();
      onSelect(id);
      onEnter();
      return;
    }
    if (event.key === ' ') {
      event.preventDefault();
      onMark(id);
      return;
    }
    const next = { ArrowDown: ids[at + 1], ArrowUp: ids[at - 1], Home: ids[0], End: ids.at(-1) }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    if (hasPreview()) onSelect(next);
    focusRow(next);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only moves the focus between the links inside
    <div ref={scroller} onKeyDown={onKeyDown} className="scrollbar-quiet min-h-0 flex-1 overflow-auto">
      <ul aria-label="Releases">
        {rows.map((row) => {
          const { id } = row.image.release;
          const isOpen = id === opened;
          return (
            <li key={id} className="border-b border-line">
              <Row
                row={row}
                isSelected={id === selected}
                isOpen={isOpen}
                isMarked={marked.includes(id)}
                onMark={() => onMark(id)}
                onSelect={() => onSelect(isOpen && !hasPreview() ? undefined : id)}
              />
              {isOpen && (
                <div className="border-t border-line bg-gutter wide:hidden">
                  <ReleaseDetail row={row} onChanged={onChanged} />
                </div>
              )}
            </li>
          );
        })}
      </ul>
      {end}
    </div>
  );
}

function Row(props: {
  readonly row: ReleaseRow;
  readonly isSelected: boolean;
  readonly isOpen: boolean;
  readonly isMarked: boolean;
  readonly onMark: () => void;
  readonly onSelect: () => void;
}) {
  const { row, isSelected, isOpen, isMarked, onMark, onSelect } = props;
  const router = useRouter();
  const { release, images, presence, places, pin, adoptedFrom } = row.image;
  const follow = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onSelect();
  };
  const words = presenceWords(presence, places.length);
  return (
    <div
      className={cx(
        'relative flex transition-ground hover:bg-hover',
        // A narrow window has no pane beside the list: there only what is open is chosen.
        isSelected &&
          (isOpen ? selectedRow : `wide:bg-tint-accent wide:shadow-[inset_2px_0_0_var(--color-accent)]`),
      )}
    >
      <label className="flex w-11 flex-none cursor-pointer items-start justify-center pt-[13px] pl-2 max-wide:w-9">
        <input
          type="checkbox"
          checked={isMarked}
          onChange={onMark}
          aria-label={`Mark ${release.id} to compare`}
          className="size-3.5 cursor-pointer accent-accent"
        />
      </label>
      <a
        href={router.href({ kind: 'releases' }, { query: { release: release.id } })}
        data-release={release.id}
        aria-current={isSelected || undefined}
        onClick={follow}
        className="focus-inset grid min-w-0 flex-1 grid-cols-[minmax(0,1fr)_124px_76px_84px] items-center gap-x-4 py-2.5 pr-5 max-wide:grid-cols-[minmax(0,1fr)_108px_64px_76px] max-wide:gap-x-3 max-wide:pr-4"
      >
        <span className="flex h-5 min-w-0 items-center gap-2.5 overflow-hidden text-13">
          <ReleaseName id={release.id} version={release.version} />
          {row.runsIn.map((name) => (
            <RunsIn key={name} name={name} />
          ))}
        </span>
        {words.state === undefined ? (
          <span className="truncate text-ink-2">{words.word}</span>
        ) : (
          <StatusWord state={words.state}>{words.word}</StatusWord>
        )}
        <Bytes value={sizeOf(row)} className="text-right text-ink-2" />
        <RelativeTime at={release.builtAt} className="text-right whitespace-nowrap text-ink-3" />
        <span className="flex min-w-0 items-baseline gap-2 text-ink-2">
          {release.commit === undefined ? (
            <span className="truncate text-ink-3">
              {adoptedFrom === undefined ? 'no commit recorded' : `adopted from ${adoptedFrom.ref}`}
            </span>
          ) : (
            <>
              <CommitSha sha={release.commit.sha} className="text-ink-3" />
              <span className="truncate" title={release.commit.subject}>
                {release.commit.subject}
              </span>
              {release.uncommittedFiles > 0 && (
                <span className="flex-none text-ink-3">and {release.uncommittedFiles} uncommitted</span>
              )}
            </>
          )}
        </span>
        <span className="truncate text-ink-3">{pin === undefined ? '' : `pinned by ${pin.by}`}</span>
        <span className="text-right whitespace-nowrap text-ink-3">
          {images.length > 1 && count(images.length, 'cell')}
        </span>
        <span />
      </a>
    </div>
  );
}
