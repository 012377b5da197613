import type { BoardEnvironment } from '#shared/domain/board.ts';
import { endText, type RunSummary } from '#shared/domain/run.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { clock, count, exact } from '../../ui/format.ts';
import { RelativeTime, useClock } from '../../ui/time.tsx';
import { TextLink, Value } from '../../ui/value.tsx';
import { DriftChanges } from './drift-changes.tsx';
import type { Standing } from './environment-standing.ts';
import { Row, Strong } from './now-parts.tsx';

export function Leased({ lease }: { readonly lease: NonNullable<BoardEnvironment['lease']> }) {
  return (
    <>
      <p>
        Another Gantry ({lease.by.shell}, {lease.owner.pid}) deploys here.
      </p>
      <p className="line-clamp-2 wrap-anywhere" title={lease.reason}>
        Run {lease.runId} by {lease.by.name}: {lease.reason}
      </p>
      <p>
        Last heartbeat <RelativeTime at={lease.heartbeatAt} as="span" /> ago.
      </p>
    </>
  );
}

export function OnHold({ hold }: { readonly hold: NonNullable<BoardEnvironment['hold']> }) {
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

export function Unreachable(props: {
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

/** Which they are stands below, with the others; here is why. */
export function PartlyUnreachable(props: {
  readonly standing: Extract<Standing, { kind: 'partly-unreachable' }>;
}) {
  const { places } = props.standing;
  return (
    <>
      <Strong>
        {places.map(({ name }) => name).join(', ')} {places.length === 1 ? 'does' : 'do'} not answer
      </Strong>
      {places.map(({ name, why }) => (
        <p key={name} className="line-clamp-2 wrap-anywhere" title={why}>
          {places.length === 1 ? why : `${name}: ${why}`}
        </p>
      ))}
    </>
  );
}

export function Unhealthy(props: {
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
            <Since at={since} lead />
          </>
        )}
      </Strong>
      {failedRun === undefined ? (
        <p>The release has not changed.</p>
      ) : (
        <p className="line-clamp-2 wrap-anywhere" title={failedRun.summary}>
          <FailedWords run={failedRun} />: {failedRun.summary}
        </p>
      )}
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

/** "14:12", and from the day before on "yesterday", "9 d ago"; with `lead` as a part of a sentence: "since 14:12", "for 9 d". */
function Since({ at, lead = false }: { readonly at: number; readonly lead?: boolean }) {
  const isToday = useClock((now) => new Date(now).toDateString() === new Date(at).toDateString());
  if (!isToday) return lead ? <>for {<RelativeTime at={at} as="span" />}</> : <RelativeTime at={at} />;
  return (
    <>
      {lead && 'since '}
      <time title={exact(at)}>{clock(at, 'minutes')}</time>
    </>
  );
}

export function FailedRun({ run }: { readonly run: Extract<Standing, { kind: 'failed-run' }>['run'] }) {
  const router = useRouter();
  return (
    <>
      <Strong>
        <FailedWords run={run} />
      </Strong>
      <p className="line-clamp-2 wrap-anywhere" title={endText(run)}>
        {endText(run)}
      </p>
      <Row>
        <TextLink href={router.href({ kind: 'run', runId: run.id })}>Open run {run.id}</TextLink>
      </Row>
    </>
  );
}

const endings: Partial<Record<RunSummary['state'], string>> = {
  failed: 'failed',
  errored: 'ended in an error',
  'rolled-back': 'failed and was rolled back',
  interrupted: 'was interrupted',
  cancelled: 'was cancelled',
};

/** "Promotion of r-8f21c0 failed" */
function FailedWords({ run: { kind, release, state } }: { readonly run: RunSummary }) {
  return (
    <>
      {kind === 'rollback' ? 'Rollback' : kind === 'promote' ? 'Promotion' : 'Deploy'}
      {release === undefined ? '' : ` of ${release}`} {endings[state] ?? 'did not end well'}
    </>
  );
}

/** It did what it could, and that is not proof. */
export function Unverified({ standing }: { readonly standing: Extract<Standing, { kind: 'unverified' }> }) {
  const router = useRouter();
  const { why, state } = standing;
  return (
    <>
      <p className="wrap-anywhere">
        {state.isUnverified === true
          ? `${state.release} was asked for; nobody saw it arrive`
          : 'Nobody can be asked what runs here'}
        {why !== undefined && `: ${why}`}
      </p>
      <Row>
        <TextLink href={router.href({ kind: 'run', runId: state.runId })}>Open run {state.runId}</TextLink>
      </Row>
    </>
  );
}

export function DriftText(props: {
  readonly environment: BoardEnvironment;
  readonly drift: NonNullable<BoardEnvironment['drift']>;
  readonly canDeploy: boolean;
}) {
  const { drift, environment, canDeploy } = props;
  const router = useRouter();
  const setBack = environment.state?.release;
  // Where no run has left anything, nothing has changed: it was there before.
  const isChange = drift.changes.length > 0 && setBack !== undefined;
  return (
    <>
      <Strong>
        {isChange ? (
          <>
            {count(drift.changes.length, 'setting')} changed
            <span className="max-wide:hidden"> outside Gantry</span>
          </>
        ) : (
          drift.what
        )}
      </Strong>
      {isChange ? (
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
        {setBack !== undefined && canDeploy && (
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
