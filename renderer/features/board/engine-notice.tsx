import { useState } from 'react';
import { noticeIds } from '../../stores/notice-ids.ts';
import { useStores, useSystem } from '../../stores/stores.tsx';
import { Button } from '../../ui/button.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { Sheet } from '../../ui/sheet.tsx';

/** Builds and compose targets need the engine; everything in the ledger reads without it. */
export function EngineNotice() {
  const engine = useSystem((state) => state.status?.engine);
  const { system, board } = useStores();
  const [isOpen, setOpen] = useState(false);
  if (engine?.kind !== 'unreachable') return null;
  const tryAgain = async (): Promise<void> => {
    await Promise.all([system.getState().refresh(), board.getState().observe()]);
  };
  return (
    <Sheet className="mb-4">
      <ErrorNotice
        what={<span id={noticeIds.engine}>Docker is not answering</span>}
        consequence={
          <>
            Builds and compose targets wait. The board shows what was last seen; history still works.
            {isOpen && (
              <span className="mt-1 block font-mono break-words">
                {engine.why}
                {engine.tried.map((where) => (
                  <span key={where} className="block text-ink-3">
                    tried {where}
                  </span>
                ))}
              </span>
            )}
          </>
        }
        code="engine-unreachable"
        action={
          <>
            <Button onClick={tryAgain}>Try again</Button>
            <Button tone="quiet" pressed={isOpen} onClick={() => setOpen(!isOpen)}>
              Details
            </Button>
          </>
        }
      />
    </Sheet>
  );
}
