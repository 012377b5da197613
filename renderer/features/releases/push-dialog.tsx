import { useState } from 'react';
import type { ReleaseId } from '#shared/domain/ids.ts';
import { useWorkspace } from '../../stores/stores.tsx';
import { useClient } from '../../transport/client-context.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { FormDialog } from './form-dialog.tsx';
import { namesIn } from './release-rows.ts';
import { useStart } from './use-start.ts';

type Props = { readonly release: ReleaseId; readonly onClose: () => void };

/** Puts a release into a repository, under its own name and any others. */
export function PushDialog({ release, onClose }: Props) {
  const client = useClient();
  const usual = useWorkspace((state) => state.current?.repository);
  const { start, isSending, trouble } = useStart();
  const [typed, setTyped] = useState<string>();
  const [names, setNames] = useState('');
  const [isTried, setTried] = useState(false);
  const repository = (typed ?? usual ?? '').trim();
  const submit = (): void => {
    setTried(true);
    if (repository === '') return;
    const place = repository === usual ? {} : { repository };
    void start((begun) => client.images.push({ ...begun, release, ...place, tags: [...namesIn(names)] }));
  };
  return (
    <FormDialog title={`Push ${release}`} verb="Push" onSubmit={submit} {...{ isSending, trouble, onClose }}>
      <Field
        label="Repository"
        help={
          usual === undefined
            ? 'gantry.yml names none under registry.repository.'
            : repository === usual
              ? 'As gantry.yml names it.'
              : `gantry.yml names ${usual}.`
        }
        problem={isTried && repository === '' ? 'Say where to, such as ghcr.io/acme/shop' : undefined}
      >
        {({ id, invalid, describedBy }) => (
          <TextInput
            id={id}
            mono
            value={typed ?? usual ?? ''}
            onChange={setTyped}
            onEnter={submit}
            invalid={invalid}
            describedBy={describedBy}
            placeholder="ghcr.io/acme/shop"
            data-start="confirm"
          />
        )}
      </Field>
      <Field
        label="Further names"
        help={`It is put there as ${release}. Names written here point to it, too, and move from whatever they named before.`}
      >
        {({ id, describedBy }) => (
          <TextInput
            id={id}
            mono
            value={names}
            onChange={setNames}
            onEnter={submit}
            describedBy={describedBy}
            placeholder="latest, stable"
          />
        )}
      </Field>
    </FormDialog>
  );
}
