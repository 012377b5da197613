import type { ReactNode } from 'react';
import { useState } from 'react';
import type { ImageContentsDiff } from '#shared/domain/image-contents.ts';
import type { PackageChange } from '#shared/domain/image-files.ts';
import { Bytes, None } from '../../ui/amounts.tsx';
import { Bones } from '../../ui/bones.tsx';
import { Button } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { bytes, count, grouped } from '../../ui/format.ts';
import { ArrowIcon, DownIcon, RightIcon } from '../../ui/icons.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { Value } from '../../ui/value.tsx';
import type { FolderOfFiles } from './contents-words.ts';
import {
  byFolder,
  changeWords,
  filesGrowth,
  filesWords,
  originOf,
  packagesWords,
  packageWord,
  unreadWords,
} from './contents-words.ts';
import type { Contents } from './use-contents.ts';

/** Everything that is inside: layers with their lines, packages, files by folder, base. */
export function ContentsPart({
  state: { contents, isReadingOn, trouble, again },
  isWide,
}: {
  readonly state: Contents;
  /** It has the whole width to itself. */
  readonly isWide: boolean;
}) {
  if (trouble !== undefined) {
    return (
      <ErrorNotice
        className="mt-3 border-t border-line px-0!"
        what={trouble.message}
        consequence={`What is inside the images is not known. ${trouble.hint}`}
        code={trouble.code}
        action={<Button onClick={again}>Try again</Button>}
      />
    );
  }
  if (contents === undefined) {
    return (
      <Bones
        label="Reading what is inside the images"
        className="mt-4"
        lines={['34%', '72%', '64%', '70%', '30%', '58%', '66%']}
      />
    );
  }
  const unread = unreadWords(contents);
  return (
    <>
      <div className={cx(isWide && 'grid grid-cols-2 gap-x-10 max-wide:block')}>
        <div className="min-w-0">
          <Layers contents={contents} />
          <Origin contents={contents} isReadingOn={isReadingOn} />
        </div>
        <div className="min-w-0">
          <Packages contents={contents} />
          <Files contents={contents} />
        </div>
      </div>
      {unread !== undefined && <p className="mt-3 text-11 text-ink-3">{unread}</p>}
    </>
  );
}

function Section(props: { readonly title: string; readonly end?: ReactNode; readonly children: ReactNode }) {
  return (
    <section aria-label={props.title} className="mt-4">
      <h3 className="flex items-baseline gap-2 pb-1 font-semibold">
        {props.title}
        {props.end !== undefined && <span className="font-normal text-ink-3">{props.end}</span>}
      </h3>
      {props.children}
    </section>
  );
}

type Facts = { readonly contents: ImageContentsDiff };

function Layers({ contents: { layers } }: Facts) {
  const { added, removed, base } = layers;
  return (
    <Section
      title="Layers"
      end={
        base.layers > 0 &&
        `both stand on the same ${count(base.layers, 'layer')}${base.bytes === undefined ? '' : `, ${bytes(base.bytes)}`}`
      }
    >
      {added.length + removed.length === 0 ? (
        <p className="text-ink-2">All of them are the same.</p>
      ) : (
        <>
          <LayerLines word="comes" layers={added} />
          <LayerLines word="goes" layers={removed} />
        </>
      )}
    </Section>
  );
}

/** The lines of the build that made layers, each with what it holds. */
export function LayerLines(props: {
  readonly word?: 'comes' | 'goes';
  readonly layers: ImageContentsDiff['layers']['added'];
}) {
  const { word, layers } = props;
  return (
    <ul aria-label={word === 'goes' ? 'Layers that go' : 'New layers'}>
      {layers.map(({ id, createdBy, content }) => (
        <li key={id} className="flex h-6 items-center gap-3">
          {word !== undefined && (
            <span className={cx('w-10 flex-none', word === 'comes' ? 'text-ink' : 'text-ink-3')}>{word}</span>
          )}
          <code
            className={cx('min-w-0 truncate', word === 'goes' ? 'text-ink-2' : 'text-ink')}
            title={createdBy ?? id}
          >
            {createdBy ?? id.slice(0, 'sha256:'.length + 12)}
          </code>
          <span className="ml-auto flex-none text-right whitespace-nowrap text-ink-2">
            {content === undefined ? (
              <None>not read</None>
            ) : (
              <>
                {word !== undefined && (
                  <span className="mr-3 text-ink-3 max-wide:hidden">{count(content.files, 'file')}</span>
                )}
                <Bytes value={content.bytes} />
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Origin({ contents, isReadingOn }: Facts & { readonly isReadingOn: boolean }) {
  const facts = originOf(contents);
  const { left, right } = contents;
  if (facts.length === 0 && right.files === undefined && !isReadingOn) return null;
  return (
    <Section title="Base and size">
      <dl>
        {facts.map(({ label, before, after }) => (
          <div key={label} className="grid grid-cols-[84px_minmax(0,1fr)] py-0.5">
            <dt className="text-ink-3">{label}</dt>
            <dd className="min-w-0 break-words text-ink">
              {left === undefined || before === after ? (
                (after ?? <None>not known</None>)
              ) : (
                <>
                  <span className="block text-ink-2">{before ?? 'not known'}</span>
                  <span className="flex items-baseline gap-1.5">
                    <ArrowIcon size={12} aria-label="becomes" className="flex-none self-center text-ink-3" />
                    <span className="min-w-0">{after ?? 'not known'}</span>
                  </span>
                </>
              )}
            </dd>
          </div>
        ))}
        {isReadingOn && (
          <div className="grid grid-cols-[84px_minmax(0,1fr)] py-0.5">
            <dt className="text-ink-3">Unpacked</dt>
            <dd className="text-ink-3">being read…</dd>
          </div>
        )}
        {right.files !== undefined && (
          <div className="grid grid-cols-[84px_minmax(0,1fr)] py-0.5">
            <dt className="text-ink-3">Unpacked</dt>
            <dd className="text-ink">
              {left?.files !== undefined && (
                <span className="text-ink-2">
                  {count(left.files.files, 'file')}, {bytes(left.files.bytes)}
                  <ArrowIcon
                    size={12}
                    aria-label="becomes"
                    className="mx-1.5 inline-block align-[-2px] text-ink-3"
                  />
                </span>
              )}
              {count(right.files.files, 'file')}, {bytes(right.files.bytes)}
            </dd>
          </div>
        )}
      </dl>
    </Section>
  );
}

/** As many as stand beside the other parts without pushing them out of sight. */
const SHOWN = 10;

function Packages({ contents: { packages } }: Facts) {
  const [isOpen, setOpen] = useState(false);
  const { list } = packages;
  const all = packages.added + packages.removed + packages.changed;
  const shown = isOpen ? list : list.slice(0, SHOWN);
  return (
    <Section title="Packages" end={all === 0 ? undefined : packageCounts(packages)}>
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

function packageCounts({ added, removed, changed }: ImageContentsDiff['packages']): string {
  return filesWords({
    added: { files: added, bytes: 0 },
    removed: { files: removed, bytes: 0 },
    changed: { files: changed, before: 0, after: 0 },
  }) as string;
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

function Files({ contents: { files } }: Facts) {
  const words = filesWords(files);
  return (
    <Section title="Files" end={words}>
      {words === undefined ? (
        <p className="text-ink-2">No file differs.</p>
      ) : (
        <ul aria-label="Folders in which files differ">
          {byFolder(files).map((folder) => (
            <Folder key={folder.folder} folder={folder} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Folder({ folder }: { readonly folder: FolderOfFiles }) {
  const [isOpen, setOpen] = useState(false);
  const { title, added, removed, changed, files } = folder;
  const all = added.files + removed.files + changed.files;
  const Caret = isOpen ? DownIcon : RightIcon;
  return (
    <li>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="-mx-1 flex h-6 w-[calc(100%+8px)] items-center gap-1.5 rounded-tag px-1 text-left hover:bg-hover"
      >
        <Caret size={12} aria-hidden="true" className="flex-none text-ink-3" />
        <code className="min-w-0 truncate text-ink">{title}</code>
        <span className="min-w-0 truncate text-ink-3">{filesWords(folder)}</span>
        <Bytes value={filesGrowth(folder)} signed className="ml-auto flex-none text-ink-2" />
      </button>
      {isOpen && (
        <ul className="mb-2 ml-4.5">
          {files.map((file) => (
            <li key={file.path} className="flex items-baseline gap-3 py-0.5">
              <code className="min-w-0 [overflow-wrap:anywhere] whitespace-normal text-ink-2">
                /{file.path}
              </code>
              <span className="ml-auto flex-none text-ink-3">{changeWords(file)}</span>
            </li>
          ))}
          {all > files.length && (
            <li className="py-0.5 text-ink-3">
              {files.length === 0
                ? `${count(all, 'file')}, all smaller than those listed in other folders.`
                : `${count(all - files.length, 'smaller one', 'smaller ones')}.`}
            </li>
          )}
        </ul>
      )}
    </li>
  );
}

/** As many as a quarter of the plan can show without scrolling. */
const IN_SUMMARY = { layers: 4, packages: 5 };

/** The same in a few lines, for a plan: what comes in, and where to read all of it. */
export function ContentsSummary({
  state: { contents, trouble, again },
  all,
}: {
  readonly state: Contents;
  /** A link to the whole comparison. */
  readonly all: ReactNode;
}) {
  if (trouble !== undefined) {
    return (
      <p className="mt-2 flex flex-wrap gap-x-3 text-11 text-ink-2">
        What is inside could not be read: {trouble.message}
        <Value muted onClick={again}>
          Try again
        </Value>
      </p>
    );
  }
  if (contents === undefined)
    return <Bones label="Reading what is inside the image" className="mt-3" lines={['64%', '72%', '48%']} />;
  const { layers, packages, files, left, right } = contents;
  const [packageText, fileText] = [packagesWords(packages), filesWords(files)];
  if (left === undefined) {
    return (
      <p className="mt-2 text-ink-2">
        {right.system !== undefined && `${right.system}, `}
        {right.files !== undefined && `${count(right.files.files, 'file')}, `}
        {count(packages.added, 'package')}. {all}
      </p>
    );
  }
  return (
    <div className="mt-2">
      <LayerLines layers={layers.added.slice(0, IN_SUMMARY.layers)} />
      {packages.list.length > 0 && (
        <div className="mt-1.5 border-t border-line pt-1.5">
          <PackageLines packages={packages.list.slice(0, IN_SUMMARY.packages)} />
        </div>
      )}
      <p className="mt-1.5 flex flex-wrap items-baseline gap-x-3 text-11 text-ink-2">
        <span>
          {[
            packageText ?? 'No package differs',
            fileText === undefined ? 'no file differs' : `files: ${fileText}`,
          ].join('; ')}
          .
        </span>
        {all}
      </p>
    </div>
  );
}
