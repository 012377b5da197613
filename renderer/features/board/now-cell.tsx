import type { ReactNode } from 'react';
import type { Board, BoardEnvironment } from '#shared/domain/board.ts';
import { assertNever } from '#shared/domain/errors.ts';
import { useActions } from '../../stores/actions.tsx';
import type { Refusal } from '../../stores/refusals.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useWatch } from '../../stores/stores.tsx';
import { watchInto, watchStanding } from '../../stores/watch-words.ts';
import { Bone } from '../../ui/bones.tsx';
import { count } from '../../ui/format.ts';
import type { CellTone } from '../../ui/sheet.tsx';
import { Cell } from '../../ui/sheet.tsx';
import { Value } from '../../ui/value.tsx';
import type { Standing } from './environment-standing.ts';
import { undeployedRelease } from './environment-standing.ts';
import { Notes } from './now-notes.tsx';
import { Row, Strong } from './now-parts.tsx';
import { Places } from './now-places.tsx';
import {
  DriftText,
  FailedRun,
  Leased,
  OnHold,
  PartlyUnreachable,
  Unhealthy,
  Unreachable,
  Unverified,
} from './now-trouble.tsx';
import { Watched } from './now-watch.tsx';
import { RunInFlight } from './run-in-flight.tsx';

export type NowCellProps = {
  readonly board: Board;
  readonly environment: BoardEnvironment;
  readonly standing: Standing;
  readonly isFirst: boolean;
  readonly refusals: { readonly build: Refusal | undefined; readonly deploy: Refusal | undefined };
};

const tones: Record<Standing['kind'], CellTone> = {
  running: 'accent',
  leased: 'plain',
  'on-hold': 'warn',
  unreachable: 'warn',
  'partly-unreachable': 'warn',
  unhealthy: 'bad',
  'failed-run': 'warn',
  unverified: 'plain',
  problem: 'bad',
  drift: 'warn',
  empty: 'plain',
  observing: 'plain',
  starting: 'plain',
  'unknown-health': 'plain',
  healthy: 'plain',
};

function toneOf(standing: Standing): CellTone {
  if (standing.kind !== 'failed-run') return tones[standing.kind];
  if (standing.run.givenUp !== undefined) return 'plain';
  return standing.run.state === 'failed' ? 'bad' : tones['failed-run'];
}

/** The only row that may be tinted: what is moving here, or what needs a person. */
export function NowCell(props: NowCellProps) {
  const watch = useWatch((state) => state.watch);
  const watched = isAtRest(props.standing) ? watchInto(watch, props.environment.name) : undefined;
  const isStuck = watched !== undefined && watchStanding(watched) === 'trouble';
  return (
    <Cell tone={isStuck ? 'warn' : toneOf(props.standing)} className="flex flex-col gap-1">
      {watched === undefined ? <NowText {...props} /> : <Watched watch={watched} />}
      <Places environment={props.environment} />
      {!isBeingChanged(props.standing) && <Notes environment={props.environment} />}
    </Cell>
  );
}

/** A canary's split, say, is what a run is about, and passes. */
function isBeingChanged({ kind }: Standing): boolean {
  return kind === 'running' || kind === 'leased';
}

/** What is urgent in the environment itself goes before the loop that brings changes to it. */
function isAtRest({ kind }: Standing): boolean {
  return kind === 'healthy' || kind === 'unknown-health' || kind === 'empty' || kind === 'unverified';
}

function NowText(props: NowCellProps): ReactNode {
  const { environment, standing } = props;
  switch (standing.kind) {
    case 'running':
      return <RunInFlight run={standing.run} view={standing.view} />;
    case 'leased':
      return <Leased lease={standing.lease} />;
    case 'on-hold':
      return <OnHold hold={standing.hold} />;
    case 'unreachable':
      return <Unreachable standing={standing} environment={environment} />;
    case 'partly-unreachable':
      return <PartlyUnreachable standing={standing} />;
    case 'unhealthy':
      return <Unhealthy standing={standing} failedRun={environment.failedRun} />;
    case 'failed-run':
      return <FailedRun run={standing.run} />;
    case 'unverified':
      return <Unverified standing={standing} />;
    case 'problem':
      return (
        <>
          <Strong>{standing.text}</Strong>
          <p>A deploy here is refused until this is mended.</p>
        </>
      );
    case 'drift':
      return (
        <DriftText
          environment={environment}
          drift={standing.drift}
          canDeploy={props.refusals.deploy === undefined}
        />
      );
    case 'empty':
      return <Empty {...props} />;
    case 'observing':
      return <Observing />;
    case 'starting':
      return (
        <p>
          {standing.service.name} is starting
          {standing.service.state === '' ? '' : `: ${standing.service.state}`}
        </p>
      );
    case 'unknown-health':
      return <p>What runs here does not say whether it is healthy.</p>;
    case 'healthy':
      return <Quiet {...props} />;
    default:
      return assertNever(standing);
  }
}

function Empty({ board, isFirst }: NowCellProps) {
  const { newestRelease } = board;
  return (
    <>
      <p>Nothing has been deployed here.</p>
      {newestRelease === undefined ? (
        <p>{isFirst ? 'Build once, then deploy the release.' : 'A release comes here from the left.'}</p>
      ) : (
        <p>
          {isFirst ? (
            <>
              <code>{newestRelease.id}</code> is built and can be deployed.
            </>
          ) : (
            'A release comes here from the left.'
          )}
        </p>
      )}
    </>
  );
}

function Observing() {
  return (
    <div role="status" aria-label="Observing">
      <Bone width="48%" height={14} />
      <Bone width="72%" />
    </div>
  );
}

/** Nothing is wrong: the first environment says what is not in it yet, the others that nothing waits. */
function Quiet({ board, environment, isFirst, refusals }: NowCellProps) {
  const { build } = useActions();
  const uncommitted = board.workspace.git?.uncommittedFiles ?? 0;
  const newest = undeployedRelease(board);
  if (!isFirst) return <p className="text-ink-3">Nothing is moving here</p>;
  if (newest !== undefined) {
    return (
      <>
        <p>
          <code>{newest.id}</code> is built<span className="max-wide:hidden"> and not deployed</span>
        </p>
        {refusals.deploy === undefined && <DeployNewest environment={environment} />}
      </>
    );
  }
  const head = board.workspace.git?.head?.sha;
  const isBehindHead = head !== undefined && environment.release?.commit?.sha !== head;
  if (uncommitted === 0 && !isBehindHead) {
    return <p className="text-ink-3">No changes since {environment.release?.id ?? 'the last release'}</p>;
  }
  return (
    <>
      <p className="truncate">
        {uncommitted > 0 ? (
          <>
            {count(uncommitted, 'changed file')}
            <span className="max-wide:hidden"> {uncommitted === 1 ? 'is' : 'are'}</span> in no release
            <span className="max-wide:hidden"> yet</span>
          </>
        ) : (
          <>
            <code>{head?.slice(0, 7)}</code> is in no release<span className="max-wide:hidden"> yet</span>
          </>
        )}
      </p>
      {refusals.build === undefined && (
        <Row>
          <Value onClick={() => build({ deployTo: environment.name })}>Build and deploy…</Value>
        </Row>
      )}
    </>
  );
}

function DeployNewest({ environment }: { readonly environment: BoardEnvironment }) {
  const router = useRouter();
  return (
    <Row>
      <Value onClick={() => router.openDialog({ kind: 'plan', run: 'deploy', to: environment.name })}>
        Deploy…
      </Value>
    </Row>
  );
}
