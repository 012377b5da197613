import type { ReactNode } from 'react';
import type { Trouble } from '../../transport/trouble.ts';
import { Button } from '../../ui/button.tsx';
import { DialogFoot, SmallDialog } from '../../ui/dialog-frame.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';

/** The frame of the short forms that begin a run: fields, what was refused, Cancel and the one verb. */
export function FormDialog(props: {
  readonly title: ReactNode;
  readonly verb: string;
  readonly isSending: boolean;
  readonly trouble: Trouble | undefined;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const { title, verb, isSending, trouble, onSubmit, onClose, children } = props;
  return (
    <SmallDialog
      open
      onClose={onClose}
      title={title}
      foot={
        <DialogFoot>
          <Button onClick={onClose} kbd="Esc">
            Cancel
          </Button>
          <Button tone="solid" onClick={onSubmit} refused={isSending}>
            {verb}
          </Button>
        </DialogFoot>
      }
    >
      {children}
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
