import { useCurrentBoard } from '../../stores/current-board.ts';
import { isBroken } from '../../stores/problems.ts';
import { useBoard, useStores, useWorkspace } from '../../stores/stores.tsx';
import { Button } from '../../ui/button.tsx';
import { EmptyNotice, ErrorNotice } from '../../ui/notice.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { BoardBones } from './board-bones.tsx';
import { BoardSheet } from './board-sheet.tsx';
import { EngineNotice } from './engine-notice.tsx';
import { RunsList } from './runs-list.tsx';

/** As many as stand below a board of three environments in a window of 900 px. */
const ROWS_BELOW = 8;

const noNames: readonly string[] = [];

export function BoardView() {
  const board = useCurrentBoard();
  const trouble = useBoard((state) => state.trouble);
  const names = useWorkspace((state) => state.current?.environments ?? noNames);
  const { board: store } = useStores();
  return (
    <>
      <EngineNotice />
      {trouble !== undefined && trouble.code !== 'connection-lost' && !isBroken(trouble) && (
        <Sheet className="mb-4">
          <ErrorNotice
            what={trouble.message}
            consequence={
              board === undefined ? trouble.hint : `${trouble.hint} The board shows what was last seen.`
            }
            code={trouble.code}
            action={<Button onClick={() => void store.getState().observe()}>Try again</Button>}
          />
        </Sheet>
      )}
      {board !== undefined && board.environments.length > 0 && <BoardSheet board={board} />}
      {board !== undefined && board.environments.length === 0 && (
        <Sheet>
          <EmptyNotice title="This workspace names no environment">
            Add at least one to gantry.yml, or an env file such as .env.dev beside the Dockerfile.
          </EmptyNotice>
        </Sheet>
      )}
      {board === undefined && trouble === undefined && <BoardBones names={names} />}
      <RunsList limit={ROWS_BELOW} />
    </>
  );
}
