import { cx } from './cx.ts';
import { StatusWord } from './status-word.tsx';

/** How two neighbouring environments stand to each other. */
export type RailState =
  | { readonly kind: 'in-sync' }
  | { readonly kind: 'ahead' }
  | { readonly kind: 'behind' }
  | { readonly kind: 'blocked' }
  /** `at`: 0 to 1, how far the container is. `label`: "Promotion in flight, step 3 of 5". */
  | { readonly kind: 'in-flight'; readonly at: number; readonly label: string };

/** The head of a gap: the line between two environments, and on it a word or a container on its way. */
export function Rail(props: {
  readonly state: RailState;
  /** Makes it a button: opens the comparison, or the run in flight. */
  readonly onOpen?: (() => void) | undefined;
  /** Another word on the line. */
  readonly word?: string | undefined;
  readonly label?: string | undefined;
  readonly className?: string | undefined;
}) {
  const { state, onOpen } = props;
  const look = cx(
    'relative flex w-full min-w-0 items-center justify-center bg-gutter text-12',
    onOpen && 'group focus-inset transition-ground hover:bg-hover',
    props.className,
  );
  const inside = (
    <>
      <Line state={state} />
      <Word state={state} word={props.word} />
    </>
  );
  if (!onOpen) return <div className={look}>{inside}</div>;
  return (
    <button type="button" onClick={onOpen} aria-label={props.label} className={look}>
      {inside}
    </button>
  );
}

function Line({ state }: { readonly state: RailState }) {
  switch (state.kind) {
    case 'in-sync':
      return <i className="absolute inset-x-0 top-[calc(50%-1.5px)] h-[3px] border-y border-field" />;
    case 'blocked':
      return <i className="absolute inset-x-0 top-1/2 border-t border-dashed border-field" />;
    case 'ahead':
      return <i className={cx('absolute inset-x-0 top-1/2 border-t border-field', head)} />;
    case 'behind':
      return <i className={cx('absolute inset-x-0 top-1/2 border-t border-field', tail)} />;
    case 'in-flight':
      return <Flight at={state.at} />;
  }
}

const tip =
  'after:absolute after:-top-1 after:size-[7px] after:border-ink-2 after:border-t-[1.5px] after:border-r-[1.5px]';
const head = `${tip} after:right-0.5 after:rotate-45`;
const tail = `${tip} after:left-0.5 after:rotate-[225deg]`;

/** The container never leaves the rail: half its width stays free at both ends. */
function Flight({ at }: { readonly at: number }) {
  const place = `clamp(15px, ${Math.round(Math.min(1, Math.max(0, at)) * 100)}%, calc(100% - 15px))`;
  return (
    <>
      <i className={cx('absolute inset-x-0 top-1/2 border-t border-edge', head)} />
      <i
        className="absolute top-[calc(50%-1px)] left-0 h-[3px] bg-accent transition-[width] duration-[180ms]"
        style={{ width: place }}
      />
      <svg
        aria-hidden="true"
        width="26"
        height="16"
        viewBox="0 0 26 16"
        className="absolute top-1/2 -mt-[7.5px] -ml-[13px] transition-[left] duration-[180ms]"
        style={{ left: place }}
      >
        <rect width="26" height="16" rx="2" className="fill-accent" />
        {[4.5, 9, 13, 17, 21.5].map((x) => (
          <path key={x} d={`M${x} 3v10`} className="stroke-gutter" strokeWidth="1" />
        ))}
      </svg>
    </>
  );
}

function Word({ state, word }: { readonly state: RailState; readonly word: string | undefined }) {
  const onLine =
    'relative bg-gutter px-2 font-medium text-ink-2 transition-ground group-hover:bg-hover max-wide:px-1.5';
  switch (state.kind) {
    case 'in-flight':
      return <span className="sr-only">{word ?? state.label}</span>;
    case 'blocked':
      return (
        <span className={cx(onLine, 'flex')}>
          <StatusWord state="blocks">{word ?? 'Blocked'}</StatusWord>
        </span>
      );
    case 'in-sync':
      return <span className={onLine}>{word ?? 'In sync'}</span>;
    case 'ahead':
    case 'behind':
      return <span className={onLine}>{word ?? 'Compare'}</span>;
  }
}
