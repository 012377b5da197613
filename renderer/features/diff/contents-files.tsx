import { useState } from 'react';
import type { ImageContentsDiff } from '#shared/domain/image-contents.ts';
import { Bytes } from '../../ui/amounts.tsx';
import { count } from '../../ui/format.ts';
import { DownIcon, RightIcon } from '../../ui/icons.tsx';
import { Section } from './contents-section.tsx';
import type { FolderOfFiles } from './contents-words.ts';
import { byFolder, changeWords, filesGrowth, filesWords } from './contents-words.ts';

export function Files({ contents: { files } }: { readonly contents: ImageContentsDiff }) {
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
