import type { ReactNode } from 'react';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { WorkspaceId } from '#shared/domain/ids.ts';
import { type PrunePreview, stayText } from '#shared/domain/retention.ts';
import { refuseAnyRun } from '../../stores/refusals.ts';
import { useWorkspace } from '../../stores/stores.tsx';
import { useCircumstances } from '../../stores/use-circumstances.ts';
import { useClient } from '../../transport/client-context.tsx';
import type { Trouble } from '../../transport/trouble.ts';
import { toTrouble } from '../../transport/trouble.ts';
import { Bones } from '../../ui/bones.tsx';
import { Button } from '../../ui/button.tsx';
import { DialogFoot, SmallDialog } from '../../ui/dialog-frame.tsx';
import { bytes, count } from '../../ui/format.ts';
import { ReleaseId } from '../../ui/identity.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { PaneHead } from '../../ui/sheet.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { RelativeTime } from '../../ui/time.tsx';
import { Value } from '../../ui/value.tsx';
import { useStart } from './use-start.ts';

/** What removing old images would do, and why everything else stays; then exactly that is done. */
export function PruneDialog({ onClose }: { readonly onClose: () => void }) {
  const client = useClient();
  const workspaceId = useWorkspace((state) => state.current?.id);
  const { preview, trouble, again } = usePreview(workspaceId);
  const starting = useStart();
  const refusal = refuseAnyRun(useCircumstances());
  const isStale = starting.trouble?.code === 'plan-stale';
  const goes = preview?.goes.length ?? 0;
  const apply = async (): Promise<void> => {
    if (preview === undefined) return;
    const refused = await starting.start((begun) =>
      client.images.prune.apply({ ...begun, hash: preview.hash }),
    );
    if (refused?.code === 'plan-stale') again();
  };
  return (
    <SmallDialog
      open
      onClose={onClose}
      title="Remove old images"
      width={720}
      focusKey={preview === undefined ? 'loading' : 'ready'}
      foot={
        <DialogFoot
          state={preview !== undefined && goes > 0 ? <Freed preview={preview} /> : undefined}
          text={preview !== undefined && goes === 0 ? 'Nothing to remove' : undefined}
        >
          <Button
            onClick={onClose}
            kbd="Esc"
            {...(preview !== undefined && goes === 0 ? { 'data-start': 'confirm' as const } : {})}
          >
            {preview !== undefined && goes === 0 ? 'Close' : 'Cancel'}
          </Button>
          {(preview === undefined || goes > 0) && (
            <Button
              tone="solid"
              onClick={apply}
              reason={refusal?.reason}
              refused={preview === undefined || starting.isSending}
              data-start="confirm"
            >
              {preview === undefined ? 'Remove' : `Remove the images of ${count(goes, 'release')}`}
            </Button>
          )}
        </DialogFoot>
      }
    >
      {trouble !== undefined && (
        <Refused trouble={trouble} action={<Button onClick={again}>Try again</Button>} />
      )}
      {starting.trouble !== undefined &&
        (isStale ? (
          <p role="alert">
            <StatusWord state="note">
              Something changed since this was looked at. Nothing was removed; this is how it stands now.
            </StatusWord>
          </p>
        ) : (
          <Refused trouble={starting.trouble} />
        ))}
      {preview === undefined
        ? trouble === undefined && (
            <Bones label="Looking at what may go" lines={['62%', '48%', '70%', '54%', '58%']} />
          )
        : preview && <Preview preview={preview} />}
    </SmallDialog>
  );
}

function usePreview(workspaceId: WorkspaceId | undefined) {
  const client = useClient();
  const [preview, setPreview] = useState<PrunePreview>();
  const [trouble, setTrouble] = useState<Trouble>();
  const asking = useRef<AbortController>(undefined);
  const again = useCallback(() => {
    if (workspaceId === undefined) return;
    asking.current?.abort();
    const stop = new AbortController();
    asking.current = stop;
    setTrouble(undefined);
    client.images.prune.preview({ workspaceId }, { signal: stop.signal }).then(
      (next) => !stop.signal.aborted && setPreview(next),
      (error: unknown) => !stop.signal.aborted && setTrouble(toTrouble(error)),
    );
  }, [client, workspaceId]);
  useEffect(() => {
    again();
    return () => asking.current?.abort();
  }, [again]);
  return { preview, trouble, again };
}

function Refused({ trouble, action }: { readonly trouble: Trouble; readonly action?: ReactNode }) {
  return (
    <ErrorNotice
      className="px-0!"
      what={trouble.message}
      consequence={trouble.hint}
      code={trouble.code}
      action={action}
    />
  );
}

function Freed({ preview: { freed } }: { readonly preview: PrunePreview }) {
  if (freed === undefined)
    return <span className="text-ink-3">How much that frees, the engine does not tell</span>;
  return (
    <span className="text-ink-2">
      Frees {freed.isAtLeast ? 'at least ' : ''}
      <b className="font-medium text-ink">{bytes(freed.bytes)}</b> on this engine
    </span>
  );
}

function Preview({ preview }: { readonly preview: PrunePreview }) {
  const { goes, stays, gone, notes, keep } = preview;
  return (
    <div className="grid gap-1">
      {notes.map((note) => (
        <p key={note}>
          <StatusWord state="note" className="whitespace-normal">
            {note}
          </StatusWord>
        </p>
      ))}
      <section aria-label="Goes">
        <PaneHead title="Goes" count={count(goes.length, 'release')} level={3} />
        {goes.length === 0 ? (
          <p>Every image is needed, or one of the newest {keep}, which always stay.</p>
        ) : (
          <ul>
            {goes.map((each) => (
              <Going key={each.release} going={each} />
            ))}
          </ul>
        )}
      </section>
      <section aria-label="Stays">
        <PaneHead
          title="Stays"
          count={count(stays.length, 'release')}
          end={`the newest ${keep} always do`}
          level={3}
        />
        <Staying stays={stays} />
      </section>
      {gone > 0 && (
        <p className="mt-1 text-11 text-ink-3">
          Of {count(gone, 'more release', 'more releases')} nothing is left to remove.
        </p>
      )}
      <p className="mt-1 text-11 text-ink-3">
        History, notes and tests of a release stay for good. One whose image is gone can be built again from
        its commit.
      </p>
    </div>
  );
}

const row =
  'grid grid-cols-[168px_92px_minmax(0,1fr)] items-baseline gap-x-3 border-t border-line py-1.5 max-wide:grid-cols-[168px_84px_minmax(0,1fr)]';

function Going({ going }: { readonly going: PrunePreview['goes'][number] }) {
  const { release, version, builtAt, names, manifests, left } = going;
  return (
    <li className={row}>
      <ReleaseId id={release} version={version} />
      <RelativeTime at={builtAt} className="text-ink-3" />
      <ul className="min-w-0">
        {names.map((name) => (
          <li key={name} className="truncate" title={name}>
            <code className="text-ink">{name}</code> <span className="text-ink-3">on this engine</span>
          </li>
        ))}
        {manifests.map(({ ref, tags }) => (
          <li
            key={ref}
            className="truncate"
            title={`${ref}${tags.length === 0 ? '' : ` (${tags.join(', ')})`}`}
          >
            <code className="text-ink">{shortRef(ref, tags)}</code>{' '}
            <span className="text-ink-3">in the registry</span>
          </li>
        ))}
        {left.map(({ name, why }) => (
          <li key={name} className="break-words text-ink-3">
            <code>{name}</code> stays: {why}
          </li>
        ))}
      </ul>
    </li>
  );
}

/** `ghcr.io/acme/shop:r-77ab10, latest`: the tags say more than the digest, which stands in the title. */
function shortRef(ref: string, tags: readonly string[]): string {
  const [repository = ref, digest = ''] = ref.split('@', 2);
  return tags.length === 0 ? `${repository}@${digest.slice(0, 19)}` : `${repository}:${tags.join(', ')}`;
}

/** As many as leave what goes in sight. */
const SHOWN = 6;

function Staying({ stays }: { readonly stays: PrunePreview['stays'] }) {
  const [isOpen, setOpen] = useState(false);
  const shown = isOpen ? stays : stays.slice(0, SHOWN);
  const more = stays.length - shown.length;
  return (
    <>
      <ul>
        {shown.map(({ release, version, builtAt, why }) => (
          <li key={release} className={row}>
            <ReleaseId id={release} version={version} />
            <RelativeTime at={builtAt} className="text-ink-3" />
            <span className="min-w-0 break-words">{why.map(stayText).join('; ')}</span>
          </li>
        ))}
      </ul>
      {more > 0 && (
        <Value muted className="mt-1.5" onClick={() => setOpen(true)}>
          {count(more, 'more that stays', 'more that stay')}
        </Value>
      )}
    </>
  );
}
