import { cx } from './cx.ts';
import { DriftIcon } from './icons.tsx';

export type DiffRow =
  | { readonly kind: 'hunk'; readonly text: string }
  | { readonly kind: 'same'; readonly before: number; readonly after: number; readonly text: string }
  | {
      readonly kind: 'removed';
      /** Line number; left out where the lines are no file. */
      readonly before?: number | undefined;
      readonly text: string;
      readonly note?: string | undefined;
    }
  | {
      readonly kind: 'added';
      readonly after?: number | undefined;
      readonly text: string;
      readonly note?: string | undefined;
    };

const numbered = 'grid h-5 grid-cols-[36px_28px_20px_auto_1fr] items-center';
const plain = 'grid h-5 grid-cols-[0_0_36px_auto_1fr] items-center';

function hasNumber(row: DiffRow): boolean {
  switch (row.kind) {
    case 'hunk':
      return false;
    case 'same':
      return true;
    case 'removed':
      return row.before !== undefined;
    case 'added':
      return row.after !== undefined;
  }
}

/** Lines before and after. Added and removed say so with a sign as well as with a ground. */
export function UnifiedDiff(props: {
  readonly label: string;
  readonly rows: readonly DiffRow[];
  readonly className?: string | undefined;
}) {
  const grid = props.rows.some(hasNumber) ? numbered : plain;
  return (
    <section
      aria-label={props.label}
      className={cx('overflow-x-auto border-y border-line text-12', props.className)}
    >
      <ol className="min-w-max">
        {props.rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
          <li key={index}>
            <Row row={row} grid={grid} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Row({ row, grid }: { readonly row: DiffRow; readonly grid: string }) {
  switch (row.kind) {
    case 'hunk':
      return (
        <div className="h-[22px] border-b border-line bg-gutter pl-5 text-11/[22px] text-ink-3">
          {row.text}
        </div>
      );
    case 'same':
      return (
        <div className={grid}>
          <LineNumber n={row.before} />
          <LineNumber n={row.after} />
          <b />
          <code className="whitespace-pre text-ink-2">{row.text}</code>
        </div>
      );
    case 'removed':
      return (
        <div className={cx(grid, 'bg-tint-bad')}>
          <LineNumber n={row.before} />
          <span />
          <Sign text={'\u2212'} said="removed" tone="text-bad" />
          <code className="whitespace-pre text-ink">{row.text}</code>
          <NoteText text={row.note} />
        </div>
      );
    case 'added':
      return (
        <div className={cx(grid, 'bg-tint-ok')}>
          <span />
          <LineNumber n={row.after} />
          <Sign text="+" said="added" tone="text-ok" />
          <code className="whitespace-pre text-ink">{row.text}</code>
          <NoteText text={row.note} />
        </div>
      );
  }
}

function LineNumber({ n }: { readonly n: number | undefined }) {
  return <span className="text-right font-mono text-11/5 text-ink-3 select-none">{n}</span>;
}

function Sign({ text, said, tone }: { readonly text: string; readonly said: string; readonly tone: string }) {
  return (
    <b className={cx('text-center font-mono text-12/5 font-medium select-none', tone)}>
      <span aria-hidden="true">{text}</span>
      <span className="sr-only">{said}</span>
    </b>
  );
}

function NoteText({ text }: { readonly text: string | undefined }) {
  if (text === undefined) return null;
  return (
    <em className="ml-4 inline-flex items-center gap-1 pr-5 text-11 whitespace-nowrap text-warn not-italic">
      <DriftIcon size={12} aria-hidden="true" />
      {text}
    </em>
  );
}
