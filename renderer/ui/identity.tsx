import type { ClipboardEvent } from 'react';
import { CopyButton } from './copy-button.tsx';
import { cx } from './cx.ts';
import { shortDigest } from './format.ts';

/** sha256: and 12 hex digits; whole on hover, and the whole is what a copy takes. */
export function Digest(props: {
  readonly value: string;
  readonly copy?: boolean | undefined;
  readonly className?: string | undefined;
}) {
  return (
    <span className={cx('inline-flex min-w-0 items-center gap-1', props.className)}>
      <code title={props.value} onCopy={copyWhole(props.value)} className="truncate text-ink">
        {shortDigest(props.value)}
      </code>
      {props.copy && <CopyButton value={props.value} what="digest" size="small" />}
    </span>
  );
}

/** Selecting a shortened id and pressing Ctrl-C must not paste a value that no tool accepts. */
function copyWhole(value: string) {
  return (event: ClipboardEvent) => {
    const selected = document.getSelection()?.toString().trim() ?? '';
    if (selected !== shortDigest(value)) return;
    event.clipboardData.setData('text/plain', value);
    event.preventDefault();
  };
}

const sizes = {
  row: 'text-12',
  title: 'text-[17px]/6 font-semibold tracking-[-.01em]',
  board: 'text-18 font-semibold tracking-[-.01em]',
} as const;

/** Never wraps, never shortens. `version` is the label a release also carries; it ends with an ellipsis where it must. */
export function ReleaseId(props: {
  readonly id: string;
  readonly version?: string | undefined;
  readonly size?: keyof typeof sizes | undefined;
  readonly muted?: boolean | undefined;
}) {
  const size = props.size ?? 'row';
  return (
    <span
      className={cx(
        'inline-flex max-w-full min-w-0 items-baseline whitespace-nowrap',
        size === 'board' ? 'gap-2.5' : 'gap-2',
      )}
    >
      <code className={cx('flex-none', sizes[size], props.muted ? 'text-ink-3' : 'text-ink')}>
        {props.id}
      </code>
      {props.version !== undefined && (
        <span
          title={props.version}
          className={cx('truncate', size === 'board' ? 'text-13 text-ink' : 'text-ink-3')}
        >
          {props.version}
        </span>
      )}
    </span>
  );
}

/** Seven digits of a commit; whole on hover. */
export function CommitSha({
  sha,
  className,
}: {
  readonly sha: string;
  readonly className?: string | undefined;
}) {
  return (
    <code title={sha} className={cx('text-ink-2', className)}>
      {sha.slice(0, 7)}
    </code>
  );
}

/** Eight bullets whatever the length: how long a secret is, is part of the secret. */
export function Masked() {
  return (
    <code className="tracking-[-.5px] text-ink-3">
      <span aria-hidden="true">{'\u2022'.repeat(8)}</span>
      <span className="sr-only">hidden value</span>
    </code>
  );
}
