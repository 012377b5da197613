import type { ReactNode } from 'react';
import { useDeferredValue, useMemo, useRef } from 'react';
import type { WorkspaceId } from '#shared/domain/ids.ts';
import { refuseAnyRun } from '../../stores/refusals.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useBoard, useWorkspace } from '../../stores/stores.tsx';
import { useCircumstances } from '../../stores/use-circumstances.ts';
import { Bone, Bones } from '../../ui/bones.tsx';
import { Button } from '../../ui/button.tsx';
import { SearchInput } from '../../ui/field.tsx';
import { count, grouped } from '../../ui/format.ts';
import { useHotkeys } from '../../ui/hotkeys.ts';
import { CompareIcon } from '../../ui/icons.tsx';
import { MoreMenu } from '../../ui/menu.tsx';
import { EmptyNotice, ErrorNotice } from '../../ui/notice.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { useKeptQuery } from '../runs/index.ts';
import { ReleaseDetail } from './release-detail.tsx';
import { ReleaseList } from './release-list.tsx';
import { inOrder, matchesRelease, releaseRows, toggleMark } from './release-rows.ts';
import type { Images } from './use-images.ts';
import { useImages } from './use-images.ts';

const queryNames = ['q', 'release', 'marked'] as const;

/** Every release: where it runs, where its image is, and how it gets to where it is wanted. */
export function ReleasesView() {
  const workspaceId = useWorkspace((state) => state.current?.id);
  return workspaceId === undefined ? null : <Loaded key={workspaceId} workspaceId={workspaceId} />;
}

function Loaded({ workspaceId }: { readonly workspaceId: WorkspaceId }) {
  const [query, setQuery] = useKeptQuery('releases', queryNames);
  const images = useImages(workspaceId);
  const board = useBoard((state) => state.board);
  const all = useMemo(
    () => releaseRows(images.list?.images ?? [], images.releases, board),
    [images.list, images.releases, board],
  );
  const needle = useDeferredValue((query.q ?? '').trim());
  const rows = useMemo(() => all.filter((row) => matchesRelease(row, needle)), [all, needle]);
  const asked = rows.find(({ image }) => image.release.id === query.release);
  const chosen = asked ?? rows[0];
  const marked = all
    .map(({ image }) => image.release.id)
    .filter((id) => query.marked?.split(',').includes(id));
  const preview = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  useHotkeys({ '/': () => search.current?.focus() });
  const router = useRouter();
  const sides = inOrder(marked, all);
  const compare = (): void => {
    if (sides !== undefined) router.go({ view: { kind: 'compare', ...sides } });
  };
  return (
    <div className="flex min-h-0 flex-1 bg-sheet text-12/4.5">
      <section aria-label="Releases" className="flex min-h-0 min-w-0 flex-1 flex-col">
        <div className="flex flex-none items-center gap-2 border-b border-line px-5 py-3 max-wide:px-4">
          <SearchInput
            ref={search}
            size="tall"
            className="min-w-0 flex-1"
            aria-label="Search version, commit, name and place"
            placeholder="Search version, commit, name and place"
            value={query.q ?? ''}
            onChange={(q) => setQuery({ q })}
            end={
              needle === '' ? undefined : (
                <span role="status" className="text-12 whitespace-nowrap text-ink-3">
                  {grouped(rows.length)} of {count(all.length, 'release')}
                </span>
              )
            }
          />
          <HeadActions />
        </div>
        {marked.length > 0 && (
          <div
            role="status"
            className="flex min-h-10 flex-none items-center gap-2 border-b border-line bg-gutter px-5 py-1.5 max-wide:px-4"
          >
            <span className="min-w-0 truncate text-ink-2">
              {sides === undefined ? (
                <>
                  <code className="text-ink">{marked[0]}</code> is marked. Mark another to compare the two.
                </>
              ) : (
                <>
                  <code className="text-ink">{sides.left}</code> and{' '}
                  <code className="text-ink">{sides.right}</code> are marked.
                </>
              )}
            </span>
            <span className="flex-1" />
            {sides !== undefined && (
              <Button icon={CompareIcon} onClick={compare}>
                Compare
              </Button>
            )}
            <Button tone="quiet" onClick={() => setQuery({ marked: '' })}>
              Clear marks
            </Button>
          </div>
        )}
        <Notices images={images} />
        {images.list === undefined ? (
          images.trouble === undefined && <ListBones />
        ) : rows.length === 0 ? (
          <Nothing needle={needle} onClear={() => setQuery({ q: '' })} />
        ) : (
          <ReleaseList
            rows={rows}
            selected={chosen?.image.release.id}
            opened={asked?.image.release.id}
            marked={marked}
            hasPreview={() => (preview.current?.offsetWidth ?? 0) > 0}
            onSelect={(id) => setQuery({ release: id ?? '' })}
            onEnter={() =>
              requestAnimationFrame(() => preview.current?.querySelector<HTMLElement>('button')?.focus())
            }
            onMark={(id) => setQuery({ marked: toggleMark(marked, id).join(',') })}
            onChanged={images.again}
            end={<End images={images} count={all.length} isSearching={needle !== ''} />}
          />
        )}
      </section>
      {chosen !== undefined && (
        <div ref={preview} className="flex min-h-0 max-wide:hidden">
          <aside
            aria-label={`Release ${chosen.image.release.id}`}
            className="flex min-h-0 w-[388px] flex-none flex-col border-l border-line bg-gutter"
          >
            <ReleaseDetail key={chosen.image.release.id} row={chosen} onChanged={images.again} />
          </aside>
        </div>
      )}
    </div>
  );
}

/** What is about no release in particular. */
function HeadActions() {
  const router = useRouter();
  const refusal = refuseAnyRun(useCircumstances());
  const reason = refusal === undefined ? {} : { reason: refusal.reason };
  const adopt = (): void => router.openDialog({ kind: 'adopt' });
  // Looking at what may go changes nothing, so it is never refused.
  const prune = (): void => router.openDialog({ kind: 'prune' });
  return (
    <>
      <Button className="max-wide:hidden" onClick={adopt} {...reason}>
        Adopt an image…
      </Button>
      <Button className="max-wide:hidden" onClick={prune}>
        Remove old images…
      </Button>
      <MoreMenu
        label="More about images"
        className="wide:hidden"
        items={[
          { kind: 'action', id: 'adopt', label: 'Adopt an image…', onSelect: adopt, ...reason },
          { kind: 'action', id: 'prune', label: 'Remove old images…', onSelect: prune },
        ]}
      />
    </>
  );
}

function Notices({ images }: { readonly images: Images }): ReactNode {
  const { trouble, list, isAskingRegistries, again } = images;
  const edge = 'flex-none border-b border-line px-5 max-wide:px-4';
  if (trouble !== undefined) {
    return (
      <ErrorNotice
        className={edge}
        what={trouble.message}
        consequence={trouble.hint}
        code={trouble.code}
        action={<Button onClick={again}>Try again</Button>}
      />
    );
  }
  if (isAskingRegistries || list === undefined || list.notes.length === 0) return null;
  return (
    <div role="status" className={`${edge} grid gap-0.5 py-2`}>
      {list.notes.map((note) => (
        <StatusWord key={note} state="note" className="whitespace-normal">
          {note}
        </StatusWord>
      ))}
    </div>
  );
}

function Nothing({ needle, onClear }: { readonly needle: string; readonly onClear: () => void }) {
  const look = 'px-5 max-wide:px-4';
  if (needle === '') {
    return (
      <EmptyNotice className={look} title="No release yet">
        A build makes one; an image that was built elsewhere can be adopted.
      </EmptyNotice>
    );
  }
  return (
    <EmptyNotice
      className={look}
      title={`No release is known by “${needle}”`}
      action={<Button onClick={onClear}>Clear search</Button>}
    >
      Looked at versions, commits, names and places.
    </EmptyNotice>
  );
}

function End(props: { readonly images: Images; readonly count: number; readonly isSearching: boolean }) {
  const { images, count: listed, isSearching } = props;
  return (
    <p className="flex items-center gap-3 px-5 py-3 text-11 text-ink-3 max-wide:px-4">
      {images.isComplete ? (
        `${count(listed, 'release')}, and nothing older.`
      ) : (
        <>
          <Button onClick={images.more}>Show older releases</Button>
          {isSearching && `Only the ${grouped(listed)} newest were searched.`}
        </>
      )}
      {images.isAskingRegistries && <span role="status">Asking the registries…</span>}
    </p>
  );
}

function ListBones() {
  return (
    <Bones label="Loading the releases" className="px-5 pt-2 max-wide:px-4">
      {['36%', '62%', '44%', '58%', '40%', '66%'].map((width) => (
        <div key={width} className="h-14 pt-2">
          <Bone width={width} />
          <Bone width="72%" />
        </div>
      ))}
    </Bones>
  );
}
