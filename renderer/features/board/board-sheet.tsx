import { Fragment } from 'react';
import type { Board } from '#shared/domain/board.ts';
import { useCircumstances } from '../../stores/use-circumstances.ts';
import { BoardGrid } from './board-grid.tsx';
import { moveOnBoard } from './board-keys.ts';
import { EnvironmentColumn } from './environment-column.tsx';
import { GapColumn } from './gap-column.tsx';
import { primaryOf } from './gap-facts.ts';

/** The sheet: environments are columns, facts are shared rows, and a gap says on the same row what differs. */
export function BoardSheet({ board }: { readonly board: Board }) {
  const primary = primaryOf(board, useCircumstances());
  const { environments, gaps } = board;
  return (
    <BoardGrid environments={environments.length} label="Environments, side by side" onKeyDown={moveOnBoard}>
      {environments.map((environment, index) => {
        const left = environments[index - 1];
        const gap = gaps[index - 1];
        return (
          <Fragment key={environment.name}>
            {left !== undefined && gap !== undefined && (
              <GapColumn gap={gap} index={index - 1} left={left} right={environment} primary={primary} />
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
    </BoardGrid>
  );
}
