import type { ReactNode } from 'react';
import { Fragment, useState } from 'react';
import type { EnvKeyView } from '#shared/domain/env-diff.ts';
import { None } from '../../ui/amounts.tsx';
import { cx } from '../../ui/cx.ts';
import { count } from '../../ui/format.ts';
import { DownIcon, RightIcon } from '../../ui/icons.tsx';
import { Masked } from '../../ui/identity.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import type { EnvRow, EnvRows } from './diff-words.ts';

export type EnvColumn = { readonly id: 'from' | 'left' | 'right'; readonly title: string };

const cell =
  'h-7 overflow-hidden py-0 pr-3 align-middle text-ellipsis whitespace-nowrap first:pl-5 last:pr-5 max-wide:first:pl-4';

/** Keys and, only where they are public, their values. What stays as it is is one line until it is opened. */
export function EnvPart(props: {
  readonly rows: EnvRows;
  readonly columns: readonly EnvColumn[];
  /** The word of a kind of difference, as it stands beside the last value. */
  readonly words: Readonly<Record<Exclude<EnvRow['kind'], 'missing' | 'same'>, string>>;
  /** "20 keys stay as they are in prod" */
  readonly sameText: (keys: string, n: number) => string;
  /** What to do about a key that is missing. */
  readonly remedy?: (row: EnvRow) => ReactNode;
}) {
  const { rows, columns, words, sameText, remedy } = props;
  const [isOpen, setOpen] = useState(false);
  if (rows.differing.length + rows.same.length === 0) {
    return <p className="text-ink-2">Neither side has env keys.</p>;
  }
  const shown = isOpen ? [...rows.differing, ...rows.same] : rows.differing;
  return (
    <>
      {shown.length > 0 && (
        <div className="-mx-5 max-wide:-mx-4">
          <table className="w-full table-fixed border-collapse">
            <thead>
              <tr className="text-11 text-ink-3">
                <th className={cx(cell, columns.length > 2 ? 'w-[34%]' : 'w-[36%]')}>Key</th>
                {columns.map((column) => (
                  <th
                    key={column.id}
                    className={cx(
                      cell,
                      column.id === 'right' && (columns.length > 2 ? 'w-[30%]' : 'w-[36%]'),
                    )}
                  >
                    {column.title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <Fragment key={row.key}>
                  <Row row={row} columns={columns} word={wordOf(row, words)} />
                  {row.kind === 'missing' && remedy !== undefined && (
                    <tr className="bg-tint-bad">
                      <td
                        colSpan={columns.length + 1}
                        className="border-b border-line-bad px-5 pb-2.5 text-ink-2 max-wide:px-4"
                      >
                        {remedy(row)}
                      </td>
                    </tr>
                  )}
                </Fragment>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.same.length > 0 && (
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          className="mt-2 -ml-1 flex h-6 items-center gap-1.5 rounded-tag px-1 text-ink-2 hover:bg-hover"
        >
          {isOpen ? (
            <DownIcon size={12} aria-hidden="true" className="text-ink-3" />
          ) : (
            <RightIcon size={12} aria-hidden="true" className="text-ink-3" />
          )}
          {sameText(count(rows.same.length, 'key'), rows.same.length)}
        </button>
      )}
    </>
  );
}

function wordOf(row: EnvRow, words: Parameters<typeof EnvPart>[0]['words']): string | undefined {
  return row.kind === 'missing' || row.kind === 'same' ? undefined : words[row.kind];
}

function Row(props: {
  readonly row: EnvRow;
  readonly columns: readonly EnvColumn[];
  readonly word: string | undefined;
}) {
  const { row, columns, word } = props;
  const isMissing = row.kind === 'missing';
  return (
    <tr className={cx(isMissing ? 'bg-tint-bad' : 'border-b border-line last:border-b-0')}>
      <th scope="row" className={cell} title={row.key}>
        <code className="text-ink">{row.key}</code>
      </th>
      {columns.map((column, index) => (
        <td key={column.id} className={cell}>
          <span className="flex min-w-0 items-center gap-2">
            {isMissing && column.id === 'right' ? (
              <StatusWord state="blocks">missing</StatusWord>
            ) : (
              <span className="truncate">
                <EnvValue value={row[column.id]} />
              </span>
            )}
            {/* The word is what counts: a long value makes room for it. */}
            {index === columns.length - 1 && word !== undefined && (
              <span className="flex-none text-ink-2"> {word}</span>
            )}
          </span>
        </td>
      ))}
    </tr>
  );
}

/** Eight bullets whatever the value; a plain one only where gantry.yml declares the key public. */
function EnvValue({ value }: { readonly value: EnvKeyView | undefined }) {
  if (value === undefined) return <None />;
  if (value.publicValue !== undefined) {
    return value.publicValue.trim() === '' ? (
      <None>{value.publicValue === '' ? 'empty' : 'blank'}</None>
    ) : (
      <code title={value.publicValue} className="text-ink">
        {value.publicValue}
      </code>
    );
  }
  if (value.reference !== undefined) {
    return (
      <code title={value.reference} className="text-ink-2">
        {value.reference}
      </code>
    );
  }
  return <Masked />;
}
