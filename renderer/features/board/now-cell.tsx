import type { ReactNode } from 'react';
import type { Board, BoardEnvironment } from '#shared/domain/board.ts';
import { assertNever } from '#shared/domain/errors.ts';
import { useActions } from '../../stores/actions.tsx';
import type { Refusal } from '../../stores/refusals.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useStores } from '../../stores/stores.tsx';
import { Bone } from '../../ui/bones.tsx';
import { clock, count, exact } from '../../ui/format.ts';
import type { CellTone } from '../../ui/sheet.tsx';
import { Cell } from '../../ui/sheet.tsx';
import { RelativeTime, useClock } from '../../ui/time.tsx';
import { TextLink, Value } from '../../ui/value.tsx';
import { DriftChanges } from './drift-changes.tsx';
import type { Standing } from './environment-standing.ts';
import { undeployedRelease } from './environment-standing.ts';
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
  unhealthy: 'bad',
  'failed-run': 'warn',
  problem: 'bad',
  drift: 'warn',
  empty: 'plain',
  observing: 'plain',
  starting: 'plain',
  'unknown-health': 'plain',
  healthy: 'plain',
};

function toneOf(standing: Standing): CellTone {
  return standing.kind === 'failed-run' && standing.run.state === 'failed' ? 'bad' : tones[standing.kind];
}

/** The only row that may be tinted: what is moving here, or what needs a person. */
export function NowCell(props: NowCellProps) {
  return (
    <Cell tone={toneOf(props.standing)} className="flex flex-col gap-1">
      <NowText {...props} />
    </Cell>
  );
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
    case 'unhealthy':
      return <Unhealthy standing={standing} failedRun={environment.failedRun} />;
    case 'failed-run':
      return <FailedRun run={standing.run} />;
    case 'problem':
      return (
        <>
          <Strong>{standing.text}</Strong>
          <p>A deploy here is refused until this is mended.</p>
        </>
      );
    case 'drift':
      return <DriftText {...props} drift={standing.drift} />;
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

function Strong({ children }: { readonly children: ReactNode }) {
  return <p className="font-semibold wrap-anywhere text-ink">{children}</p>;
}

function Row({ children }: { readonly children: ReactNode }) {
  return <div className="flex min-w-0 flex-wrap items-center gap-x-2">{children}</div>;
}

function Leased({ lease }: { readonly lease: NonNullable<BoardEnvironment['lease']> }) {
  return (
    <>
      <p>
        Another Gantry ({lease.by.shell}, {lease.owner.pid}) deploys here.
      </p>
      <p>
        Last heartbeat <RelativeTime at={lease.heartbeatAt} as="span" /> ago.
      </p>
    </>
  );
}

function OnHold({ hold }: { readonly hold: NonNullable<BoardEnvironment['hold']> }) {
  const router = useRouter();
  return (
    <>
      <Strong>
        Held <RelativeTime at={hold.at} /> by {hold.by}
      </Strong>
      <p className="line-clamp-3 wrap-anywhere" title={hold.reason}>
        {hold.reason}
      </p>
      {hold.runId !== undefined && (
        <Row>
          <TextLink href={router.href({ kind: 'run', runId: hold.runId })}>Open run {hold.runId}</TextLink>
        </Row>
      )}
    </>
  );
}

function Unreachable(props: {
  readonly standing: Extract<Standing, { kind: 'unreachable' }>;
  readonly environment: BoardEnvironment;
}) {
  const { factsFrom, why } = props.standing;
  const from = factsFrom ?? props.environment.state?.at;
  return (
    <>
      <Strong>{props.environment.target.kind} does not answer</Strong>
      <p className="line-clamp-2 wrap-anywhere" title={why}>
        {why}
      </p>
      {from !== undefined && (
        <p>
          Facts below are from <Since at={from} />.
        </p>
      )}
    </>
  );
}

function Unhealthy(props: {
  readonly standing: Extract<Standing, { kind: 'unhealthy' }>;
  readonly failedRun: BoardEnvironment['failedRun'];
}) {
  const router = useRouter();
  const { failedRun } = props;
  const { name, state, health, since } = props.standing.service;
  // A container that runs and fails its check says "running": true, and not the point.
  const how = state === '' || state.startsWith('running') ? `is ${health}` : `is ${health}, ${state},`;
  return (
    <>
      <Strong>
        {name} {since === undefined ? how.replace(/,$/, '') : how}
        {since !== undefined && (
          <>
            {' '}
            since <Since at={since} />
          </>
        )}
      </Strong>
      <p>The release has not changed.</p>
      {failedRun !== undefined && (
        <Row>
          <TextLink href={router.href({ kind: 'run', runId: failedRun.id })}>
            Open run {failedRun.id}
          </TextLink>
        </Row>
      )}
    </>
  );
}

/** "14:12", and from the day before on "yesterday", "9 d ago". */
function Since({ at }: { readonly at: number }) {
  const isToday = useClock((now) => new Date(now).toDateString() === new Date(at).toDateString());
  return isToday ? <time title={exact(at)}>{clock(at, 'minutes')}</time> : <RelativeTime at={at} />;
}

function FailedRun({ run }: { readonly run: Extract<Standing, { kind: 'failed-run' }>['run'] }) {
  const router = useRouter();
  const endings: Partial<Record<typeof run.state, string>> = {
    failed: 'failed',
    errored: 'ended in an error',
    'rolled-back': 'failed and was rolled back',
    interrupted: 'was interrupted',
    unverified: 'could not be verified',
    cancelled: 'was cancelled',
  };
  return (
    <>
      <Strong>
        {run.kind === 'rollback' ? 'Rollback' : run.kind === 'promote' ? 'Promotion' : 'Deploy'}
        {run.release === undefined ? '' : ` of ${run.release}`} {endings[run.state] ?? 'did not end well'}
      </Strong>
      <p className="line-clamp-2 wrap-anywhere" title={run.summary}>
        {run.summary}
      </p>
      <Row>
        <TextLink href={router.href({ kind: 'run', runId: run.id })}>Open run {run.id}</TextLink>
      </Row>
    </>
  );
}

function DriftText(props: NowCellProps & { readonly drift: NonNullable<BoardEnvironment['drift']> }) {
  const { drift, environment, refusals } = props;
  const router = useRouter();
  const setBack = environment.state?.release;
  return (
    <>
      <Strong>
        {drift.changes.length === 0 ? (
          drift.what
        ) : (
          <>
            {count(drift.changes.length, 'setting')} changed
            <span className="max-wide:hidden"> outside Gantry</span>
          </>
        )}
      </Strong>
      {drift.changes.length > 0 ? (
        <p className="line-clamp-2 wrap-anywhere">{drift.what}</p>
      ) : (
        setBack !== undefined && (
          <p>
            The last run left <code>{setBack}</code>.
          </p>
        )
      )}
      <Row>
        {drift.changes.length > 0 && <DriftChanges environment={environment.name} drift={drift} />}
        {setBack !== undefined && refusals.deploy === undefined && (
          <Value
            onClick={() =>
              router.openDialog({ kind: 'plan', run: 'deploy', to: environment.name, release: setBack })
            }
          >
            Set back…
          </Value>
        )}
      </Row>
    </>
  );
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

/** Asks the targets again, now. */
export function useObserveAgain(): () => void {
  const { board } = useStores();
  return () => void board.getState().observe();
}
