import { useState } from 'react';
import type { ReleaseId } from '#shared/domain/ids.ts';
import type { Source } from '#shared/domain/release.ts';
import { useWorkspace } from '../../stores/stores.tsx';
import { useClient } from '../../transport/client-context.tsx';
import type { Trouble } from '../../transport/trouble.ts';
import { toTrouble } from '../../transport/trouble.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { DialogFoot, SmallDialog } from '../../ui/dialog-frame.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { CommitSha } from '../../ui/identity.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { tagNameOf } from './git-tag-words.ts';
import { useRelease } from './use-release.ts';

type Props = { readonly release: ReleaseId; readonly onClose: () => void };

type Tagged = { readonly name: string; readonly commit: string };

/** A tag in the repository itself, on the release's commit: asked for by a person, never set by a build. */
export function GitTagDialog({ release: id, onClose }: Props) {
  const client = useClient();
  const workspaceId = useWorkspace((state) => state.current?.id);
  const [typed, setTyped] = useState<string>();
  const [isTried, setTried] = useState(false);
  const [isSending, setSending] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>();
  const [tagged, setTagged] = useState<Tagged>();
  const release = useRelease(workspaceId, id);
  const version = release?.version;
  const name = typed ?? (version === undefined ? '' : tagNameOf(version));
  const problem = isTried && name.trim() === '' ? 'A tag needs a name' : undefined;
  const submit = async (): Promise<void> => {
    setTried(true);
    if (workspaceId === undefined || name.trim() === '' || isSending) return;
    setSending(true);
    setTrouble(undefined);
    try {
      setTagged(await client.releases.gitTag({ workspaceId, release: id, name: name.trim() }));
    } catch (error) {
      setTrouble(toTrouble(error));
    } finally {
      setSending(false);
    }
  };
  if (tagged !== undefined) return <TaggedDialog tagged={tagged} onClose={onClose} />;
  return (
    <SmallDialog
      open
      onClose={onClose}
      title={`Git tag for ${id}`}
      focusKey={version === undefined ? 'loading' : 'ready'}
      foot={
        <DialogFoot>
          <Button onClick={onClose} kbd="Esc">
            Cancel
          </Button>
          <Button tone="solid" onClick={submit} refused={isSending}>
            Set tag
          </Button>
        </DialogFoot>
      }
    >
      <What source={release?.source} />
      <Field label="Name" problem={problem}>
        {({ id: field, invalid, describedBy }) => (
          <TextInput
            id={field}
            value={name}
            onChange={setTyped}
            onEnter={submit}
            invalid={invalid}
            describedBy={describedBy}
            mono
            data-start="confirm"
          />
        )}
      </Field>
      {trouble !== undefined && (
        <ErrorNotice
          className="px-0!"
          what={trouble.message}
          consequence={trouble.hint}
          code={trouble.code}
        />
      )}
    </SmallDialog>
  );
}

/** Where it will stand. */
function What({ source }: { readonly source: Source | undefined }) {
  return (
    <p>
      An annotated tag in this repository
      {source?.commit !== undefined && (
        <>
          {' '}
          on <CommitSha sha={source.commit.sha} className="text-ink" /> {source.commit.subject}
        </>
      )}
      . Nothing is pushed.
    </p>
  );
}

function TaggedDialog({ tagged, onClose }: { readonly tagged: Tagged; readonly onClose: () => void }) {
  const push = `git push origin ${tagged.name}`;
  return (
    <SmallDialog
      open
      onClose={onClose}
      title="Git tag"
      focusKey="tagged"
      foot={
        <DialogFoot>
          <Button tone="solid" onClick={onClose} data-start="confirm">
            Close
          </Button>
        </DialogFoot>
      }
    >
      <p role="status" className="flex items-center gap-1.5">
        <StatusWord state="succeeded">
          <code className="text-ink">{tagged.name}</code> stands on{' '}
          <CommitSha sha={tagged.commit} className="text-ink" />
        </StatusWord>
      </p>
      <p className="flex items-center gap-1.5">
        It is in this repository only. <code className="truncate text-ink">{push}</code>
        <CopyButton value={push} what="command" size="small" />
      </p>
    </SmallDialog>
  );
}
