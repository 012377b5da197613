import type { ReactNode } from 'react';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { None } from '../../ui/amounts.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { count } from '../../ui/format.ts';
import { ArrowIcon } from '../../ui/icons.tsx';
import { Digest, ReleaseId } from '../../ui/identity.tsx';
import { PaneHead } from '../../ui/sheet.tsx';
import type { Moves } from './moves.ts';
import { upperPane } from './upper-pane.ts';

/** What a run did to images and their names: where they were put, which names moved and from what, what was removed. */
export function PlacesPane({ moves: { places, movedTags, removals } }: { readonly moves: Moves }) {
  return (
    <section aria-label="Images and names" className={upperPane}>
      {places.length > 0 && (
        <Part title="Places" count={count(places.length, 'image')}>
          {places.map((place) => (
            <Place key={`${place.repository}:${place.tag}@${place.digest}`} place={place} />
          ))}
        </Part>
      )}
      {movedTags.length > 0 && (
        <Part title="Names" count={count(movedTags.length, 'name')}>
          {movedTags.map((moved) => (
            <Moved key={`${moved.ref} ${moved.after}`} moved={moved} />
          ))}
        </Part>
      )}
      {removals.length > 0 && (
        <Part title="Removed" count={`images of ${count(removals.length, 'release')}`}>
          {removals.map((removal) => (
            <Removal key={`${removal.step} ${removal.release}`} removal={removal} />
          ))}
        </Part>
      )}
    </section>
  );
}

function Part(props: { readonly title: string; readonly count: string; readonly children: ReactNode }) {
  return (
    <>
      <PaneHead
        className="sticky top-0 z-10 bg-sheet px-5 max-wide:px-4"
        title={props.title}
        count={props.count}
      />
      <ul aria-label={props.title}>{props.children}</ul>
    </>
  );
}

const row = 'border-t border-line px-5 py-1.5 max-wide:px-4';
const columns = `${row} grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)] items-center gap-x-4`;

function Place({ place }: { readonly place: RunView['places'][number] }) {
  const { repository, tag, digest, cell } = place;
  const ref = tag === '' ? repository : `${repository}:${tag}`;
  return (
    <li className={columns}>
      <span className="flex min-w-0 items-center gap-2">
        <code className="truncate text-ink" title={ref}>
          {ref}
        </code>
        {cell !== undefined && <code className="flex-none text-ink-3">{cell}</code>}
      </span>
      <span className="flex min-w-0 items-center gap-1">
        <Digest value={digest} />
        <CopyButton value={`${repository}@${digest}`} what={`${ref} by digest`} size="small" />
      </span>
    </li>
  );
}

function Moved({ moved }: { readonly moved: RunView['movedTags'][number] }) {
  const { ref, before, after, isUnsure } = moved;
  return (
    <li className={columns}>
      <code className="truncate text-ink" title={ref}>
        {ref}
      </code>
      <span className="flex min-w-0 items-center gap-2">
        {before === undefined ? <None>new</None> : <Digest value={before} className="[&_code]:text-ink-3" />}
        <ArrowIcon size={12} aria-label={isUnsure ? 'or' : 'now'} className="flex-none text-ink-3" />
        <Digest value={after} />
        {isUnsure && <None>perhaps</None>}
      </span>
    </li>
  );
}

function Removal({ removal }: { readonly removal: RunView['removals'][number] }) {
  const { release, names, manifests, left } = removal;
  return (
    <li className={`${row} grid grid-cols-[140px_minmax(0,1fr)] gap-x-4`}>
      <ReleaseId id={release} />
      <ul className="min-w-0">
        {names.map((name) => (
          <li key={name} className="truncate" title={name}>
            <code className="text-ink">{name}</code> <span className="text-ink-3">on this engine</span>
          </li>
        ))}
        {manifests.map(({ ref, tags }) => (
          <li key={ref} className="truncate" title={ref}>
            <code className="text-ink">
              {tags.length === 0 ? ref : `${ref.replace(/@.*$/, '')}:${tags.join(', ')}`}
            </code>{' '}
            <span className="text-ink-3">in the registry</span>
          </li>
        ))}
        {left.map(({ name, why }) => (
          <li key={name} className="break-words text-ink-2">
            <code>{name}</code> stays: {why}
          </li>
        ))}
        {names.length + manifests.length + left.length === 0 && (
          <li className="text-ink-3">nothing was left</li>
        )}
      </ul>
    </li>
  );
}
