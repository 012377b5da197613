import { useBoard, useStores } from '../../stores/stores.tsx';
import { Bone, Bones } from '../../ui/bones.tsx';
import { Button } from '../../ui/button.tsx';
import { EmptyNotice, ErrorNotice } from '../../ui/notice.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { BoardSheet } from './board-sheet.tsx';
import { EngineNotice } from './engine-notice.tsx';
import { RunsList } from './runs-list.tsx';

/** As many as stand below a board of three environments in a window of 900 px. */
const ROWS_BELOW = 8;

export function BoardView() {
  const board = useBoard((state) => state.board);
  const trouble = useBoard((state) => state.trouble);
  const { board: store } = useStores();
  return (
    <>
      <EngineNotice />
      {trouble !== undefined && trouble.code !== 'connection-lost' && (
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
      {board === undefined && trouble === undefined && <BoardBones />}
      <RunsList limit={ROWS_BELOW} />
    </>
  );
}

/** The sheet's own geometry, so that nothing jumps when the facts come. */
function BoardBones() {
  return (
    <Sheet>
      <Bones label="Loading the board" className="grid h-[474px] grid-cols-3 gap-x-20 p-4 max-wide:gap-x-12">
        {[0, 1, 2].map((column) => (
          <span key={column} className="grid content-start gap-4">
            <Bone width="30%" height={14} />
            <Bone width="72%" />
            <Bone width="48%" height={18} />
            <Bone width="80%" />
            <Bone width="60%" />
            <Bone width="66%" />
          </span>
        ))}
      </Bones>
    </Sheet>
  );
}
