import { useState } from 'react';
import type { ReleaseId } from '#shared/domain/ids.ts';
import { useClient } from '../../transport/client-context.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { FormDialog } from './form-dialog.tsx';
import { namesIn } from './release-rows.ts';
import { useStart } from './use-start.ts';

type Props = { readonly release: ReleaseId; readonly onClose: () => void };

/** Further names for a release on this engine. */
export function NameDialog({ release, onClose }: Props) {
  const client = useClient();
  const { start, isSending, trouble } = useStart();
  const [names, setNames] = useState('');
  const [isTried, setTried] = useState(false);
  const tags = namesIn(names);
  const submit = (): void => {
    setTried(true);
    if (tags.length === 0) return;
    void start((begun) => client.images.tag({ ...begun, release, tags: [...tags] }));
  };
  return (
    <FormDialog title={`Name ${release}`} verb="Name" onSubmit={submit} {...{ isSending, trouble, onClose }}>
      <Field
        label="Names"
        help="Tags of this workspace’s image on this engine. A name that stands on another image moves here; nothing is pushed."
        problem={isTried && tags.length === 0 ? 'Write at least one name' : undefined}
      >
        {({ id, invalid, describedBy }) => (
          <TextInput
            id={id}
            mono
            value={names}
            onChange={setNames}
            onEnter={submit}
            invalid={invalid}
            describedBy={describedBy}
            placeholder="candidate, demo"
            data-start="confirm"
          />
        )}
      </Field>
    </FormDialog>
  );
}
