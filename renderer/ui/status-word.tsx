import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import type { Icon } from './icons.tsx';
import type { Status, Tone } from './status-words.ts';
import { statusLooks } from './status-words.ts';

const words: Record<Tone, string> = {
  ok: 'text-ink-2',
  warn: 'font-medium text-warn',
  bad: 'font-medium text-bad',
  run: 'font-medium text-accent',
  idle: 'font-medium text-idle',
};

/** Icon and word, always both. Success stays quiet: a green icon and a plain word. */
export function StatusWord(props: {
  readonly state: Status;
  /** Other words in the same state: "Docker running", "1 key missing". */
  readonly children?: ReactNode;
  /** Other icon in the same tone; rare. */
  readonly icon?: Icon | undefined;
  /** The word stands elsewhere in the row: drawn for the eye as an icon, still read aloud. */
  readonly iconOnly?: boolean | undefined;
  readonly size?: 12 | 14 | undefined;
  readonly className?: string | undefined;
}) {
  const look = statusLooks[props.state];
  const IconPart = props.icon ?? look.icon;
  const word = props.children ?? look.word;
  return (
    <span
      className={cx('inline-flex items-center gap-1.5 whitespace-nowrap', words[look.tone], props.className)}
      data-state={props.state}
    >
      <IconPart
        size={props.size ?? 14}
        strokeWidth={props.size === 12 ? 2.25 : 2}
        aria-hidden="true"
        className={cx('flex-none', look.tone === 'ok' && 'text-ok', look.tone === 'run' && 'animate-turn')}
      />
      {props.iconOnly ? <span className="sr-only">{word}</span> : <span>{word}</span>}
    </span>
  );
}
