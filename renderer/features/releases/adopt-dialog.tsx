import { useState } from 'react';
import { useClient } from '../../transport/client-context.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { FormDialog } from './form-dialog.tsx';
import { useStart } from './use-start.ts';

/** Makes a release of an image that was built elsewhere. */
export function AdoptDialog({ onClose }: { readonly onClose: () => void }) {
  const client = useClient();
  const { start, isSending, trouble } = useStart();
  const [typed, setTyped] = useState('');
  const [isTried, setTried] = useState(false);
  const ref = typed.trim();
  const submit = (): void => {
    setTried(true);
    if (ref === '') return;
    void start((begun) => client.releases.adopt({ ...begun, ref }));
  };
  return (
    <FormDialog title="Adopt an image" verb="Adopt" onSubmit={submit} {...{ isSending, trouble, onClose }}>
      <p>
        An image that Gantry did not build becomes a release of this workspace: it is fetched, named and
        recorded, and can be deployed like any other. Of tests nothing is known.
      </p>
      <Field
        label="Image"
        help="A name or a digest, on this engine or in a registry."
        problem={isTried && ref === '' ? 'Say which image' : undefined}
      >
        {({ id, invalid, describedBy }) => (
          <TextInput
            id={id}
            mono
            value={typed}
            onChange={setTyped}
            onEnter={submit}
            invalid={invalid}
            describedBy={describedBy}
            placeholder="ghcr.io/acme/shop:1.4.2"
            data-start="confirm"
          />
        )}
      </Field>
    </FormDialog>
  );
}
