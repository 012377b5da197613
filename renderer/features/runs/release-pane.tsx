import type { ReactNode } from 'react';
import { useState } from 'react';
import type { Board } from '#shared/domain/board.ts';
import type { ReleaseId } from '#shared/domain/ids.ts';
import type { Release, TestResult } from '#shared/domain/release.ts';
import { notesMarkdown } from '#shared/domain/release-notes.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useBoard } from '../../stores/stores.tsx';
import { Bytes, None } from '../../ui/amounts.tsx';
import { Bones } from '../../ui/bones.tsx';
import { Button } from '../../ui/button.tsx';
import { Chip } from '../../ui/chips.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { seconds } from '../../ui/format.ts';
import { TagIcon } from '../../ui/icons.tsx';
import { Digest, ReleaseId as ReleaseName } from '../../ui/identity.tsx';
import { Menu } from '../../ui/menu.tsx';
import { FactList, PaneHead } from '../../ui/sheet.tsx';
import { testWords } from './build-words.ts';
import { refuseTag } from './git-tag-words.ts';
import { NotesList } from './notes-list.tsx';
import { sinceWords } from './run-words.ts';
import { upperPane } from './upper-pane.ts';
import { useRelease } from './use-release.ts';
import { useReleaseNotes } from './use-release-notes.ts';

/** What a build made: the release with its names, images, tests and notes. */
export function ReleasePane({ view, id }: { readonly view: RunView; readonly id: ReleaseId }) {
  const router = useRouter();
  const release = useRelease(view.workspaceId, id);
  return (
    <section aria-label="Release" className={upperPane}>
      <PaneHead
        className="sticky top-0 z-10 items-center bg-sheet px-5 max-wide:px-4"
        title="Release"
        count={<ReleaseName id={id} version={view.version} />}
        end={
          <Button
            tone="quiet"
            icon={TagIcon}
            reason={release && refuseTag(release.source)}
            onClick={() => router.openDialog({ kind: 'git-tag', release: id })}
          >
            Git tag…
          </Button>
        }
      />
      <div className="grid grid-cols-[minmax(0,5fr)_minmax(0,6fr)] items-start max-wide:block">
        {release === undefined ? (
          <Bones label="Loading the release" className="px-5 max-wide:px-4" lines={['46%', '58%', '40%']} />
        ) : (
          <ReleaseFacts release={release} movedTags={view.movedTags} />
        )}
        {release?.adoptedFrom === undefined && <Notes view={view} id={id} />}
      </div>
    </section>
  );
}

type FactsProps = { readonly release: Release } & Pick<RunView, 'movedTags'>;

function ReleaseFacts({ release, movedTags }: FactsProps) {
  const { tests } = release;
  const tags = release.images.flatMap((image) => image.tags);
  return (
    <FactList
      className="max-wide:[&>div]:px-4"
      facts={[
        { label: release.images.length === 1 ? 'Image' : 'Images', value: <Images release={release} /> },
        {
          label: 'Tags',
          value: (
            <Lines>
              {tags.map((tag) => (
                <Tag key={tag} tag={tag} before={movedTags.find(({ ref }) => ref === tag)?.before} />
              ))}
            </Lines>
          ),
        },
        ...(release.adoptedFrom === undefined
          ? []
          : [
              {
                label: 'From',
                value: <code className="block [overflow-wrap:anywhere]">{release.adoptedFrom.ref}</code>,
              },
            ]),
        {
          label: 'Tests',
          value:
            tests.length === 0 ? (
              <None>no tests</None>
            ) : (
              <Lines>
                {tests.map((test) => (
                  <TestLine key={`${test.name} ${test.cell ?? ''}`} test={test} />
                ))}
              </Lines>
            ),
        },
      ]}
    />
  );
}

function Lines({ children }: { readonly children: ReactNode }) {
  return <ul className="grid">{children}</ul>;
}

function Images({ release }: { readonly release: Release }) {
  return (
    <Lines>
      {release.images.map(({ cell, image }) => (
        <li key={cell ?? ''} className="flex flex-wrap items-center gap-x-2">
          {cell !== undefined && <code className="text-ink">{cell}</code>}
          <Digest value={image.identity.imageId} copy />
          <Bytes value={image.size} className="text-ink-3" />
        </li>
      ))}
    </Lines>
  );
}

/** `before`: the image that this build took the name from. */
function Tag({ tag, before }: { readonly tag: string; readonly before: string | undefined }) {
  return (
    <li className="flex min-w-0 flex-wrap items-center gap-x-2">
      <span className="flex min-w-0 items-center gap-1">
        <code className="truncate" title={tag}>
          {tag}
        </code>
        <CopyButton value={tag} what={`tag ${tag}`} size="small" />
      </span>
      {before !== undefined && (
        <span className="flex items-center gap-1 text-ink-3">
          was <Digest value={before} copy />
        </span>
      )}
    </li>
  );
}

/** A release exists only where all passed, so the counts are what is left to say. */
function TestLine({ test }: { readonly test: TestResult }) {
  return (
    <li className="flex flex-wrap items-baseline gap-x-2">
      <span>{test.name}</span>
      {test.cell !== undefined && <code className="text-ink-2">{test.cell}</code>}
      <span className="text-ink-2">{test.counts === undefined ? 'passed' : testWords(test.counts)}</span>
      <span className="text-ink-3">{seconds(test.durationMs)}</span>
    </li>
  );
}

function Notes({ view, id }: { readonly view: RunView; readonly id: ReleaseId }) {
  const [since, setSince] = useState<ReleaseId>();
  const state = useReleaseNotes(view.workspaceId, id, since);
  const { notes } = state;
  return (
    <section aria-label="Notes" className="min-w-0 px-5 pb-1 max-wide:px-4">
      <header className="flex h-9 items-center gap-2">
        <h3 className="text-12 font-semibold">Notes</h3>
        <SinceChoice release={id} since={since} onSince={setSince}>
          {notes === undefined ? 'since' : sinceWords(notes)}
        </SinceChoice>
        <span className="flex-1" />
        {notes !== undefined && notes.commits.length > 0 && (
          <CopyButton value={notesMarkdown(notes, view.version ?? id)} what="notes as Markdown">
            Copy as Markdown
          </CopyButton>
        )}
      </header>
      <NotesList state={state} />
    </section>
  );
}

const none: Board['environments'] = [];

/** What came in since the release before, or since what an environment runs now. */
function SinceChoice(props: {
  readonly release: ReleaseId;
  readonly since: ReleaseId | undefined;
  readonly onSince: (since: ReleaseId | undefined) => void;
  /** How much came in, and since when. */
  readonly children: string;
}) {
  const { release, since, onSince, children } = props;
  const environments = useBoard((state) => state.board?.environments) ?? none;
  const others = environments.flatMap(({ name, release: there }) =>
    there === undefined || there.id === release ? [] : [{ name, there }],
  );
  if (others.length === 0) return <span className="truncate text-ink-3">{children}</span>;
  return (
    <Menu
      label="Since which release"
      trigger={<Chip>{children}</Chip>}
      items={[
        {
          kind: 'choice',
          id: 'before',
          label: 'the release before',
          chosen: since === undefined,
          onSelect: () => onSince(undefined),
        },
        ...others.map(({ name, there }) => ({
          kind: 'choice' as const,
          id: name,
          label: `what ${name} runs`,
          detail: <ReleaseName id={there.id} version={there.version} />,
          chosen: since === there.id,
          onSelect: () => onSince(there.id),
        })),
      ]}
    />
  );
}
