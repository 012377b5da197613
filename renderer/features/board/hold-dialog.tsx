import { useState } from 'react';
import type { EnvironmentName } from '#shared/domain/ids.ts';
import { useActions } from '../../stores/actions.tsx';
import { useBoard, useDraft } from '../../stores/stores.tsx';
import { Button } from '../../ui/button.tsx';
import { DialogFoot, SmallDialog } from '../../ui/dialog-frame.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { Kbd } from '../../ui/kbd.tsx';
import { RelativeTime } from '../../ui/time.tsx';

type Props = { readonly environment: EnvironmentName; readonly onClose: () => void };

/** A hold stops every deploy there until it is lifted; its reason is what the next person reads. */
export function HoldDialog({ environment, onClose }: Props) {
  const { hold } = useActions();
  const [reason, setReason] = useDraft(`hold:${environment}`);
  const [isTried, setTried] = useState(false);
  const [isSending, setSending] = useState(false);
  const problem = isTried && reason.trim() === '' ? 'Say why, for whoever comes next' : undefined;
  const submit = async (): Promise<void> => {
    setTried(true);
    if (reason.trim() === '' || isSending) return;
    setSending(true);
    const done = await hold(environment, reason.trim());
    setSending(false);
    if (!done) return;
    setReason('');
    onClose();
  };
  return (
    <SmallDialog
      open
      onClose={onClose}
      title={`Hold ${environment}`}
      foot={
        <DialogFoot>
          <Button onClick={onClose} kbd="Esc">
            Cancel
          </Button>
          <Button tone="solid" onClick={submit} refused={isSending}>
            Hold {environment}
          </Button>
        </DialogFoot>
      }
    >
      <p>Nothing is deployed to {environment} until the hold is lifted. What runs there goes on running.</p>
      <Field label="Reason" problem={problem}>
        {({ id, invalid, describedBy }) => (
          <TextInput
            id={id}
            value={reason}
            onChange={setReason}
            onEnter={submit}
            invalid={invalid}
            describedBy={describedBy}
            placeholder="Payment freeze until Monday"
            data-start="confirm"
          />
        )}
      </Field>
    </SmallDialog>
  );
}

export function LiftDialog({ environment, onClose }: Props) {
  const { lift } = useActions();
  const [isSending, setSending] = useState(false);
  const held = useBoard((state) => state.board?.environments.find((each) => each.name === environment)?.hold);
  const submit = async (): Promise<void> => {
    setSending(true);
    const done = await lift(environment);
    setSending(false);
    if (done) onClose();
  };
  return (
    <SmallDialog
      open
      onClose={onClose}
      title={`Lift the hold on ${environment}`}
      foot={
        <DialogFoot>
          <Button onClick={onClose}>
            Cancel <Kbd>Esc</Kbd>
          </Button>
          <Button
            tone="solid"
            onClick={submit}
            refused={isSending || held === undefined}
            data-start="confirm"
          >
            Lift hold
          </Button>
        </DialogFoot>
      }
    >
      {held === undefined ? (
        <p>{environment} is not on hold.</p>
      ) : (
        <>
          <p>
            Held <RelativeTime at={held.at} /> by {held.by}:
          </p>
          <blockquote className="border-l-2 border-line-warn pl-3 break-words text-ink">
            {held.reason}
          </blockquote>
          <p>Deploys to {environment} are possible again at once.</p>
        </>
      )}
    </SmallDialog>
  );
}
