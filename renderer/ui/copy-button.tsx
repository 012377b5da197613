import { useEffect, useState } from 'react';
import { Button, IconButton } from './button.tsx';
import { CopyIcon, DoneIcon } from './icons.tsx';

type Copied = 'no' | 'yes' | 'failed';

/** Copies the whole value, also where only its head is shown; says so for two seconds. With children it has words. */
export function CopyButton(props: {
  readonly value: string;
  /** What is copied, for the label: "digest" gives "Copy digest". */
  readonly what: string;
  readonly children?: string | undefined;
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
  const icon = copied === 'yes' ? DoneIcon : CopyIcon;
  const copy = (): Promise<void> =>
    write(props.value).then(
      () => setCopied('yes'),
      () => setCopied('failed'),
    );
  return (
    <>
      {props.children === undefined ? (
        <IconButton label={label} icon={icon} size={props.size} className={props.className} onClick={copy} />
      ) : (
        <Button icon={icon} className={props.className} onClick={copy}>
          {copied === 'no' ? props.children : label}
        </Button>
      )}
      <span role="status" className="sr-only">
        {copied === 'no' ? '' : label}
      </span>
    </>
  );
}

async function writeClipboard(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}
