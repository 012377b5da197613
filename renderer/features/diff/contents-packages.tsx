import { useState } from 'react';
import type { ImageContentsDiff } from '#shared/domain/image-contents.ts';
import type { PackageChange } from '#shared/domain/image-files.ts';
import { None } from '../../ui/amounts.tsx';
import { cx } from '../../ui/cx.ts';
import { count, grouped } from '../../ui/format.ts';
import { ArrowIcon } from '../../ui/icons.tsx';
import { Value } from '../../ui/value.tsx';
import { Section } from './contents-section.tsx';
import { filesWords, packageWord } from './contents-words.ts';

/** As many as stand beside the other parts without pushing them out of sight. */
const SHOWN = 10;

export function Packages({ contents: { packages } }: { readonly contents: ImageContentsDiff }) {
  const [isOpen, setOpen] = useState(false);
  const { list } = packages;
  const all = packages.added + packages.removed + packages.changed;
  const shown = isOpen ? list : list.slice(0, SHOWN);
  return (
    <Section title="Packages" end={packageCounts(packages)}>
      {all === 0 ? (
        <p className="text-ink-2">No installed package differs.</p>
      ) : (
        <PackageLines packages={shown} hasManager />
      )}
      {!isOpen && list.length > shown.length && (
        <Value muted className="mt-1.5" onClick={() => setOpen(true)}>
          {count(list.length - shown.length, 'more package', 'more packages')}
        </Value>
      )}
      {isOpen && all > list.length && (
        <p className="mt-1.5 text-ink-3">
          {grouped(all - list.length)} more differ; the first {grouped(list.length)} are listed.
        </p>
      )}
    </Section>
  );
}

function packageCounts({ added, removed, changed }: ImageContentsDiff['packages']): string | undefined {
  return filesWords({
    added: { files: added, bytes: 0 },
    removed: { files: removed, bytes: 0 },
    changed: { files: changed, before: 0, after: 0 },
  });
}

/** Versions side by side. */
export function PackageLines(props: {
  readonly packages: readonly PackageChange[];
  readonly hasManager?: boolean;
}) {
  const { packages, hasManager = false } = props;
  return (
    <ul
      aria-label="Packages that differ"
      className={cx(
        'grid gap-x-3',
        hasManager
          ? 'grid-cols-[minmax(0,1.2fr)_minmax(0,max-content)_12px_minmax(0,max-content)_minmax(44px,auto)]'
          : 'grid-cols-[minmax(0,max-content)_minmax(0,max-content)_12px_minmax(0,max-content)_minmax(44px,1fr)]',
      )}
    >
      {packages.map((each) => {
        const { manager, name, before, after } = each;
        const word = packageWord(each);
        return (
          <li
            key={`${manager} ${name}`}
            className="col-span-full grid h-6 grid-cols-subgrid items-center whitespace-nowrap"
          >
            <code className="truncate text-ink" title={`${name} (${manager})`}>
              {name}
            </code>
            <span className="truncate text-ink-2" title={before}>
              {before === undefined ? <None /> : <code>{before}</code>}
            </span>
            <ArrowIcon size={12} aria-label="becomes" className="text-ink-3" />
            <span className="truncate text-ink" title={after}>
              {after === undefined ? <None /> : <code>{after}</code>}
            </span>
            <span className={cx('truncate text-ink-3', hasManager && 'text-right')}>
              {hasManager ? manager : word === 'changed' ? 'updated' : word}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
