import { useState } from 'react';
import type { RecentWorkspace } from '#shared/domain/workspace.ts';
import { useActions } from '../../stores/actions.tsx';
import { useDraft, useStores, useWorkspace } from '../../stores/stores.tsx';
import { arrowNav } from '../../ui/arrow-nav.ts';
import { Button } from '../../ui/button.tsx';
import { DialogFoot, SmallDialog } from '../../ui/dialog-frame.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { FolderIcon } from '../../ui/icons.tsx';
import { Keys } from '../../ui/kbd.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { RelativeTime } from '../../ui/time.tsx';
import { useFolderChooser } from './folder-chooser.tsx';
import { ProblemsList } from './problems-list.tsx';

/** The window before a workspace is open: one sentence, one next step, and those that were open before. */
export function OpenWorkspaceView() {
  const phase = useWorkspace((state) => state.phase);
  const recent = useWorkspace((state) => state.recent);
  if (phase === 'starting') return null;
  return (
    <div className="mx-auto grid w-full max-w-[640px] content-start gap-4 pt-16 max-wide:pt-8">
      <Sheet>
        <div className="grid gap-1 px-4 py-3 text-12/4.5">
          <h1 className="font-semibold">Open a workspace</h1>
          <p className="text-ink-2">
            A folder with a Dockerfile is enough. Gantry reads it and changes nothing until you trust it.
          </p>
          <FolderQuestion />
        </div>
      </Sheet>
      {recent.length > 0 && (
        <Sheet label="Recent workspaces">
          <RecentList recent={recent} />
        </Sheet>
      )}
    </div>
  );
}

/** The same over a workspace that is open already. */
export function OpenWorkspaceDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <SmallDialog
      open
      onClose={onClose}
      width={560}
      title="Open a workspace"
      foot={
        <DialogFoot>
          <Button onClick={onClose} kbd="Esc">
            Cancel
          </Button>
        </DialogFoot>
      }
    >
      <FolderQuestion onOpened={onClose} />
    </SmallDialog>
  );
}

/** The system's own dialog in the desktop window; a path to type in a browser, which has none. */
function FolderQuestion({ onOpened }: { readonly onOpened?: () => void }) {
  const { workspace } = useStores();
  const chooser = useFolderChooser();
  const trouble = useWorkspace((state) => state.trouble);
  const phase = useWorkspace((state) => state.phase);
  const [folder, setFolder] = useDraft('open-folder');
  const [isTried, setTried] = useState(false);
  const open = async (path: string): Promise<void> => {
    setTried(true);
    if (path.trim() === '') return;
    if (!(await workspace.getState().openFolder(path.trim()))) return;
    setFolder('');
    onOpened?.();
  };
  const choose = async (): Promise<void> => {
    const chosen = await chooser?.choose();
    if (chosen !== undefined) await open(chosen);
  };
  const problem = isTried
    ? (trouble?.message ??
      (folder.trim() === '' && chooser === undefined ? 'Type the path of a folder' : undefined))
    : undefined;
  const button = (act: () => Promise<void>) => (
    <Button tone="solid" icon={FolderIcon} onClick={act} refused={phase === 'opening'}>
      Open folder{chooser === undefined ? '' : '…'}
    </Button>
  );
  return (
    <div className="mt-1 grid gap-2">
      {chooser === undefined ? (
        <div className="flex items-end gap-2">
          <Field label="Folder on this machine" className="flex-1">
            {({ id, describedBy }) => (
              <TextInput
                id={id}
                value={folder}
                onChange={setFolder}
                onEnter={() => void open(folder)}
                invalid={problem !== undefined}
                describedBy={describedBy}
                placeholder="/home/mo/code/chatbot"
                mono
                data-start="confirm"
              />
            )}
          </Field>
          {button(() => open(folder))}
        </div>
      ) : (
        <div className="flex items-center gap-2">
          {button(choose)}
          <Keys chord="mod+o" />
        </div>
      )}
      {problem !== undefined && (
        <div role="alert" className="text-12/4.5">
          <p className="font-medium text-bad">{problem}</p>
          {trouble !== undefined && <p className="text-ink-2">{trouble.hint}</p>}
        </div>
      )}
      {isTried && trouble !== undefined && trouble.problems.length > 0 && (
        <div className="-mx-4 border-t border-line">
          <ProblemsList problems={trouble.problems} />
        </div>
      )}
    </div>
  );
}

function RecentList({ recent }: { readonly recent: readonly RecentWorkspace[] }) {
  const { openKnown } = useActions();
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only moves the focus between the buttons inside
    <div onKeyDown={arrowNav}>
      <h2 className="px-4 pt-3 pb-1 text-11 text-ink-3">Recent</h2>
      <ul>
        {recent.map((each) => (
          <li key={each.id}>
            <button
              type="button"
              data-nav=""
              onClick={() => void openKnown(each.id)}
              className="focus-inset flex h-8 w-full items-center gap-3 border-t border-line px-4 text-left text-12 transition-colors hover:bg-hover"
            >
              <span className="font-medium">{each.name}</span>
              <code className="min-w-0 flex-1 truncate text-ink-3">{each.folder}</code>
              <span className="whitespace-nowrap text-ink-3">
                {each.present ? <RelativeTime at={each.openedAt} /> : 'folder is gone, history reads'}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
