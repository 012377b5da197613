import { endText, type RunSummary } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { Bytes, None } from '../../ui/amounts.tsx';
import { count, shortDigests } from '../../ui/format.ts';
import { ArrowIcon } from '../../ui/icons.tsx';
import { CommitSha, Digest, ReleaseId as ReleaseName } from '../../ui/identity.tsx';
import { FactList } from '../../ui/sheet.tsx';
import { useReleaseFacts } from '../runs/index.ts';

export function PreviewFacts({
  run,
  view,
}: {
  readonly run: RunSummary;
  readonly view: RunView | undefined;
}) {
  const built = useReleaseFacts(run, view?.plan);
  const changed = view?.plan?.diff.env.filter((change) => change.kind !== 'same').length;
  const target = view?.plan?.diff.target.length;
  const verb = run.kind === 'rollback' ? 'went back' : 'changed';
  return (
    <FactList
      className="border-b border-line"
      facts={[
        { label: 'Release', value: <Releases run={run} /> },
        ...(built?.commit === undefined
          ? []
          : [
              {
                label: 'Commit',
                value: (
                  <span className="block truncate" title={built.commit.subject}>
                    <CommitSha sha={built.commit.sha} className="text-ink" /> {built.commit.subject}
                  </span>
                ),
              },
            ]),
        ...(built === undefined
          ? []
          : [
              {
                label: built.images.length === 1 ? 'Image' : 'Images',
                value: built.images.map(({ cell, imageId, size }) => (
                  <span key={cell ?? ''} className="flex flex-wrap items-center gap-x-2">
                    {cell !== undefined && <code>{cell}</code>}
                    <Digest value={imageId} copy />
                    <Bytes value={size} className="text-ink-3" />
                  </span>
                )),
              },
            ]),
        ...(changed === undefined
          ? []
          : [{ label: 'Env keys', value: changed === 0 ? 'no change' : `${changed} ${verb}` }]),
        ...(target === undefined
          ? []
          : [{ label: 'Target', value: target === 0 ? 'no change' : `${count(target, 'setting')} ${verb}` }]),
        { label: 'Ended', value: <span className="break-words">{shortDigests(endText(run))}</span> },
        { label: 'By', value: `${run.by.name}, ${run.by.shell}` },
      ].filter((fact) => fact.label !== 'Ended' || (run.state !== 'running' && run.summary !== ''))}
    />
  );
}

function Releases({ run }: { readonly run: RunSummary }) {
  if (run.release === undefined) return <None>no release</None>;
  return (
    <span className="flex flex-wrap items-center gap-x-1.5">
      {run.previousRelease !== undefined && run.previousRelease !== run.release && (
        <>
          <ReleaseName id={run.previousRelease} muted />
          <ArrowIcon size={12} aria-label="to" className="text-ink-3" />
        </>
      )}
      <ReleaseName id={run.release} version={run.version} />
    </span>
  );
}
