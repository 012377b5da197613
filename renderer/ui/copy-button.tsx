import { useEffect, useState } from 'react';
import { IconButton } from './button.tsx';
import { CopyIcon, DoneIcon } from './icons.tsx';

type Copied = 'no' | 'yes' | 'failed';

/** Copies the whole value, also where only its head is shown; says so for two seconds. */
export function CopyButton(props: {
  readonly value: string;
  /** What is copied, for the label: "digest" gives "Copy digest". */
  readonly what: string;
  readonly size?: 'control' | 'small' | undefined;
  readonly className?: string | undefined;
  readonly write?: ((text: string) => Promise<void>) | undefined;
}) {
  const [copied, setCopied] = useState<Copied>('no');
  useEffect(() => {
    if (copied === 'no') return;
    const timer = setTimeout(() => setCopied('no'), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const write = props.write ?? writeClipboard;
  const label = { no: `Copy ${props.what}`, yes: 'Copied', failed: 'Could not copy' }[copied];
  return (
    <>
      <IconButton
        label={label}
        icon={copied === 'yes' ? DoneIcon : CopyIcon}
        size={props.size}
        className={props.className}
        onClick={() =>
          write(props.value).then(
            () => setCopied('yes'),
            () => setCopied('failed'),
          )
        }
      />
      <span role="status" className="sr-only">
        {copied === 'no' ? '' : label}
      </span>
    </>
  );
}

async function writeClipboard(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}
