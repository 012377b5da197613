import type { KeyboardEvent, ReactNode } from 'react';
import { cx } from '../../ui/cx.ts';

const labels = ['', 'Now', 'Release', 'Commit', 'Health', 'Image', 'Env keys', 'Target', ''] as const;

/** More environments than this keep 280 px each and the sheet scrolls sideways. */
const FITTING = 3;

/** The sheet's geometry: row labels, a column per environment, a gap between two; rows are shared by all. */
export function BoardGrid(props: {
  readonly environments: number;
  readonly label: string;
  readonly onKeyDown?: (event: KeyboardEvent<HTMLElement>) => void;
  readonly children: ReactNode;
}) {
  const { environments } = props;
  const isWide = environments > FITTING;
  const column = isWide ? 'minmax(280px,1fr)' : 'minmax(0,1fr)';
  const columns = (gap: number): string =>
    Array.from({ length: environments }, (_, at) => (at === 0 ? column : `${gap}px ${column}`)).join(' ');
  return (
    <div
      className={cx(
        'scrollbar-quiet rounded-sheet border border-edge bg-sheet',
        isWide ? 'overflow-x-auto' : 'overflow-hidden',
      )}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would make a form of it */}
      <div
        role="group"
        aria-label={props.label}
        onKeyDown={props.onKeyDown}
        // A custom property is set through the CSSOM, which the CSP allows; there are as many columns as environments.
        style={{ '--columns': `92px ${columns(156)}`, '--narrow-columns': columns(96) } as never}
        className="grid grid-cols-(--columns) grid-rows-[48px_auto_auto_auto_repeat(4,41px)_52px] max-wide:grid-cols-(--narrow-columns)"
      >
        <RowLabels isSticky={isWide} />
        {props.children}
      </div>
    </div>
  );
}

/** Said aloud by the values themselves; for the eye only. */
function RowLabels({ isSticky }: { readonly isSticky: boolean }) {
  return (
    <div
      aria-hidden="true"
      className={cx(
        'row-span-full grid grid-rows-subgrid max-wide:hidden',
        isSticky && 'sticky left-0 z-10 border-r border-line bg-sheet',
      )}
    >
      {labels.map((label, row) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
          key={row}
          className={cx(
            'py-[11px] pl-4 text-11/4.5 text-ink-3',
            row > 0 && 'border-t border-line',
            label === 'Release' && 'pt-3.5',
          )}
        >
          {label}
        </div>
      ))}
    </div>
  );
}
