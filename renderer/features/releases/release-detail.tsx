import type { ReactNode } from 'react';
import type { Release } from '#shared/domain/release.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { Bytes, None } from '../../ui/amounts.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { exact } from '../../ui/format.ts';
import { CommitSha, Digest, ReleaseId as ReleaseName } from '../../ui/identity.tsx';
import { FactList } from '../../ui/sheet.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { RelativeTime } from '../../ui/time.tsx';
import { TextLink } from '../../ui/value.tsx';
import type { ReleaseRow } from './release-rows.ts';
import { presenceWords, testsWords } from './release-rows.ts';
import type { WaysProps } from './release-ways.tsx';
import { Ways } from './release-ways.tsx';
import { RunsIn } from './runs-in.tsx';

/** One release with everything that is known of it and what can be done with it. */
export function ReleaseDetail({ row, onChanged }: WaysProps) {
  const { release } = row.image;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <header className="flex-none px-5 pt-4 max-wide:hidden">
        <h2 className="text-15">
          <ReleaseName id={release.id} version={release.version} size="title" />
        </h2>
        <p className="mt-1 truncate text-ink-2" title={release.commit?.subject}>
          {release.commit?.subject ?? 'No commit recorded'}
        </p>
      </header>
      <Ways row={row} onChanged={onChanged} />
      <div className="scrollbar-quiet min-h-0 flex-1 overflow-auto">
        <Facts row={row} />
      </div>
    </div>
  );
}

function Facts({ row }: { readonly row: ReleaseRow }) {
  const router = useRouter();
  const { release: summary, images, places, presence, wayBackOf, pin, adoptedFrom } = row.image;
  const { release } = row;
  const { state, word } = presenceWords(presence, places.length);
  return (
    <FactList
      className="max-wide:[&>div]:px-4"
      facts={[
        {
          label: 'Runs in',
          value:
            row.runsIn.length === 0 ? (
              <None>no environment</None>
            ) : (
              <span className="flex flex-wrap gap-1.5">
                {row.runsIn.map((name) => (
                  <RunsIn key={name} name={name} />
                ))}
              </span>
            ),
        },
        ...(wayBackOf.length === 0
          ? []
          : [{ label: 'Way back of', value: <span className="text-ink-2">{wayBackOf.join(', ')}</span> }]),
        {
          label: images.length === 1 ? 'Image' : 'Images',
          value: (
            <ul className="grid gap-0.5">
              <li>{state === undefined ? word : <StatusWord state={state}>{word}</StatusWord>}</li>
              {images.map(({ cell, imageId, size }) => (
                <li key={cell ?? ''} className="flex min-w-0 flex-wrap items-center gap-x-2">
                  {cell !== undefined && <code>{cell}</code>}
                  <Digest value={imageId} copy />
                  <Bytes value={size} className="text-ink-3" />
                </li>
              ))}
            </ul>
          ),
        },
        { label: 'Names', value: <Names names={images.flatMap(({ names }) => names)} /> },
        {
          label: 'Places',
          value:
            places.length === 0 ? (
              <None>in no registry</None>
            ) : (
              <ul className="grid gap-0.5">
                {places.map(({ ref, digest }) => (
                  <li key={`${ref} ${digest}`} className="min-w-0">
                    <span className="flex min-w-0 items-center gap-1">
                      <code className="truncate" title={ref}>
                        {ref}
                      </code>
                      <CopyButton
                        value={`${repositoryOf(ref)}@${digest}`}
                        what={`${ref} by digest`}
                        size="small"
                      />
                    </span>
                    <span className="text-11 text-ink-3">
                      <Digest value={digest} />
                    </span>
                  </li>
                ))}
              </ul>
            ),
        },
        {
          label: 'Tests',
          value: release === undefined ? <None>not known</None> : <Tests release={release} />,
        },
        ...(summary.commit === undefined
          ? []
          : [
              {
                label: 'Commit',
                value: (
                  <span className="block break-words">
                    <CommitSha sha={summary.commit.sha} className="text-ink" />
                    {summary.branch !== undefined && ` on ${summary.branch}`}
                    <span className="text-ink-3"> by {summary.commit.author}</span>
                    {summary.uncommittedFiles > 0 && (
                      <span className="block text-ink-2">and {summary.uncommittedFiles} uncommitted</span>
                    )}
                  </span>
                ),
              },
            ]),
        {
          label: adoptedFrom === undefined ? 'Built' : 'Adopted',
          value: (
            <span title={exact(summary.builtAt)}>
              <RelativeTime at={summary.builtAt} />
              {release !== undefined && (
                <>
                  {' '}
                  <TextLink href={router.href({ kind: 'run', runId: release.builtBy })} muted>
                    run {release.builtBy}
                  </TextLink>
                </>
              )}
              {adoptedFrom !== undefined && (
                <span className="block truncate text-ink-2" title={adoptedFrom.ref}>
                  from <code>{adoptedFrom.ref}</code>
                </span>
              )}
            </span>
          ),
        },
        ...(pin === undefined
          ? []
          : [
              {
                label: 'Pinned',
                value: (
                  <>
                    by {pin.by} <RelativeTime at={pin.at} className="text-ink-3" />
                    {pin.note !== undefined && (
                      <span className="block break-words text-ink-2">{pin.note}</span>
                    )}
                  </>
                ),
              },
            ]),
      ]}
    />
  );
}

/** `ghcr.io:5000/acme/shop:r-77ab10` without what comes after the last name. */
function repositoryOf(ref: string): string {
  const bare = ref.replace(/@.*$/, '');
  const colon = bare.lastIndexOf(':');
  return colon > bare.lastIndexOf('/') ? bare.slice(0, colon) : bare;
}

function Names({ names }: { readonly names: readonly string[] }): ReactNode {
  if (names.length === 0) return <None>none on this engine</None>;
  return (
    <ul className="grid">
      {names.map((name) => (
        <li key={name} className="flex min-w-0 items-center gap-1">
          <code className="truncate" title={name}>
            {name}
          </code>
          <CopyButton value={name} what={`name ${name}`} size="small" />
        </li>
      ))}
    </ul>
  );
}

function Tests({ release }: { readonly release: Release }) {
  const words = testsWords(release);
  return release.tests.length === 0 ? (
    <None>{words}</None>
  ) : (
    <StatusWord state="succeeded">{words}</StatusWord>
  );
}
