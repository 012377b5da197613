import type { ReactNode } from 'react';
import type { Release, TestResult } from '#shared/domain/release.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { Bytes, None } from '../../ui/amounts.tsx';
import { Bones } from '../../ui/bones.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { seconds } from '../../ui/format.ts';
import { Digest, ReleaseId } from '../../ui/identity.tsx';
import { FactList, PaneHead } from '../../ui/sheet.tsx';
import { testWords } from './build-words.ts';
import { upperPane } from './upper-pane.ts';
import { useRelease } from './use-release.ts';

/** What a build made: the release with its names, images, tests and notes. */
export function ReleasePane({ view }: { readonly view: RunView }) {
  const release = useRelease(view.workspaceId, view.release);
  if (view.release === undefined) return null;
  return (
    <section aria-label="Release" className={upperPane}>
      <PaneHead
        className="sticky top-0 z-10 bg-sheet px-5 max-wide:px-4"
        title="Release"
        count={<ReleaseId id={view.release} version={view.version} />}
      />
      {release === undefined ? (
        <Bones label="Loading the release" className="px-5 max-wide:px-4" lines={['46%', '58%', '40%']} />
      ) : (
        <div className="grid grid-cols-[minmax(0,5fr)_minmax(0,6fr)] items-start max-wide:block">
          <ReleaseFacts release={release} />
        </div>
      )}
    </section>
  );
}

function ReleaseFacts({ release }: { readonly release: Release }) {
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
                <Tag key={tag} tag={tag} />
              ))}
            </Lines>
          ),
        },
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

function Tag({ tag }: { readonly tag: string }) {
  return (
    <li className="group flex min-w-0 items-center gap-1">
      <code className="truncate" title={tag}>
        {tag}
      </code>
      <CopyButton value={tag} what="tag" size="small" />
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
