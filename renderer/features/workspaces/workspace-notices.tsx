import { useState } from 'react';
import { noticeIds } from '../../stores/notice-ids.ts';
import { distinctProblems } from '../../stores/problems.ts';
import { useBoard, useStores, useWorkspace } from '../../stores/stores.tsx';
import type { Trouble } from '../../transport/trouble.ts';
import { Button } from '../../ui/button.tsx';
import { count } from '../../ui/format.ts';
import { Sheet } from '../../ui/sheet.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { ProblemsList } from './problems-list.tsx';

/** What stands between this workspace and a first run: what is wrong with its description, and whether it is trusted. */
export function WorkspaceNotices() {
  const workspace = useWorkspace((state) => state.current);
  const hasBoard = useBoard((state) => state.board !== undefined);
  if (workspace === undefined) return null;
  const problems = distinctProblems(workspace.problems);
  // What it would run is not known before it can be read, so there is nothing to trust yet.
  if (problems.length === 0) return workspace.trusted ? null : <TrustNotice commands={workspace.commands} />;
  return (
    <Sheet label="Problems" className="mb-4">
      <div className="px-4 pt-3 pb-1 text-12/4.5">
        <p className="flex items-center gap-4">
          <StatusWord state="closed" className="whitespace-normal">
            {count(problems.length, 'problem')} in the description of this workspace
          </StatusWord>
          <code className="ml-auto text-ink-3 select-all">config-invalid</code>
        </p>
        <p id={noticeIds.problems} className="mt-1 text-ink-2">
          Nothing is built or deployed until {problems.length === 1 ? 'it is' : 'they are'} mended; Gantry
          looks again by itself. {hasBoard ? 'The board shows what was last seen.' : 'History still reads.'}
        </p>
      </div>
      <ProblemsList problems={problems} />
    </Sheet>
  );
}

function TrustNotice({ commands }: { readonly commands: readonly string[] }) {
  const { workspace } = useStores();
  const [trouble, setTrouble] = useState<Trouble>();
  const [isSending, setSending] = useState(false);
  const trust = async (): Promise<void> => {
    setSending(true);
    setTrouble(await workspace.getState().trust());
    setSending(false);
  };
  return (
    <section
      aria-label="Trust"
      className="mb-4 grid gap-2 rounded-sheet border border-line-warn bg-tint-warn px-4 py-3 text-12/4.5"
    >
      <p id={noticeIds.trust} className="font-semibold text-ink">
        Read-only until you trust this workspace
      </p>
      <div className="text-ink-2">
        {commands.length === 0 ? (
          'Building and deploying it runs its Dockerfile and its compose file on this machine.'
        ) : (
          <>
            Building and deploying it would run on this machine:
            <ul className="mt-1 grid gap-0.5">
              {commands.map((command) => (
                <li key={command} className="font-mono break-all text-ink">
                  {command}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
      {trouble !== undefined && (
        <p role="alert" className="text-bad">
          {trouble.message} {trouble.hint}
        </p>
      )}
      <div>
        <Button tone="solid" onClick={trust} refused={isSending}>
          Trust this workspace
        </Button>
      </div>
    </section>
  );
}
