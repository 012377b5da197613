import { Fragment } from 'react';
import type { Board } from '#shared/domain/board.ts';
import { useCircumstances } from '../../app/use-circumstances.ts';
import { cx } from '../../ui/cx.ts';
import { moveOnBoard } from './board-keys.ts';
import { EnvironmentColumn } from './environment-column.tsx';
import { GapColumn } from './gap-column.tsx';
import { primaryOf } from './gap-facts.ts';

const labels = ['', 'Now', 'Release', 'Commit', 'Health', 'Image', 'Env keys', 'Target', ''] as const;

/** More environments than this keep 280 px each and the sheet scrolls sideways. */
const FITTING = 3;

/** The sheet: environments are columns, facts are shared rows, and a gap says on the same row what differs. */
export function BoardSheet({ board }: { readonly board: Board }) {
  const around = useCircumstances();
  const primary = primaryOf(board, around);
  const { environments, gaps } = board;
  const isWide = environments.length > FITTING;
  const column = isWide ? 'minmax(280px,1fr)' : 'minmax(0,1fr)';
  const columns = (gap: number): string =>
    environments.map((_, index) => (index === 0 ? column : `${gap}px ${column}`)).join(' ');
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
        aria-label="Environments, side by side"
        onKeyDown={moveOnBoard}
        // A custom property is set through the CSSOM, which the CSP allows; the columns are as many as environments.
        style={{ '--columns': `92px ${columns(156)}`, '--narrow-columns': columns(96) } as never}
        className="grid grid-cols-(--columns) grid-rows-[48px_auto_auto_auto_repeat(4,41px)_52px] max-wide:grid-cols-(--narrow-columns)"
      >
        <div
          aria-hidden="true"
          className={cx(
            'row-span-full grid grid-rows-subgrid max-wide:hidden',
            isWide && 'sticky left-0 z-10 border-r border-line bg-sheet',
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
        {environments.map((environment, index) => {
          const left = environments[index - 1];
          const gap = gaps[index - 1];
          return (
            <Fragment key={environment.name}>
              {left !== undefined && gap !== undefined && (
                <GapColumn
                  board={board}
                  gap={gap}
                  index={index - 1}
                  left={left}
                  right={environment}
                  primary={primary}
                />
              )}
              <EnvironmentColumn
                board={board}
                environment={environment}
                isFirst={index === 0}
                primary={primary}
              />
            </Fragment>
          );
        })}
      </div>
    </div>
  );
}
