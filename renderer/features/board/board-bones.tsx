import { Fragment } from 'react';
import { Bone, useDelayed } from '../../ui/bones.tsx';
import { Cell } from '../../ui/sheet.tsx';
import { BoardGrid } from './board-grid.tsx';

const cell = 'border-t border-line';

/** What is known already (the names) in the sheet's final geometry; bones where the facts will stand. */
export function BoardBones({ names }: { readonly names: readonly string[] }) {
  const isLate = useDelayed(true);
  const bone = (width: string, height?: number) => (isLate ? <Bone width={width} height={height} /> : null);
  return (
    <BoardGrid environments={names.length} label="Loading the board">
      {names.map((name, index) => (
        <Fragment key={name}>
          {index > 0 && (
            <div className="row-span-full grid grid-rows-subgrid border-x border-line bg-gutter">
              <div />
              {['now', 'release', 'commit', 'health', 'image', 'env', 'target', 'actions'].map((row) => (
                <div key={row} className={cell} />
              ))}
            </div>
          )}
          <div className="row-span-full grid min-w-0 grid-rows-subgrid">
            <div className="flex items-center px-4 max-wide:px-3">
              <h2 className="truncate text-15 font-semibold">{name}</h2>
            </div>
            <Cell className="min-h-[58px]">{bone('72%')}</Cell>
            <Cell className="min-h-[65px]">
              {bone('44%', 16)}
              {bone('56%')}
            </Cell>
            <Cell className="min-h-[59px]">
              {bone('84%')}
              {bone('48%')}
            </Cell>
            <Cell>{bone('40%')}</Cell>
            <Cell>{bone('64%')}</Cell>
            <Cell>{bone('36%')}</Cell>
            <Cell>{bone('52%')}</Cell>
            <div className={cell} />
          </div>
        </Fragment>
      ))}
    </BoardGrid>
  );
}
