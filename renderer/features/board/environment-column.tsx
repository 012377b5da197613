import { useId, useRef } from 'react';
import type { Board, BoardEnvironment } from '#shared/domain/board.ts';
import { type BlindPlace, blindPlaces } from '#shared/domain/observed.ts';
import { refuseDeploy, refuseSecondBuild } from '../../stores/refusals.ts';
import { useBoard, useRuns } from '../../stores/stores.tsx';
import { useCircumstances } from '../../stores/use-circumstances.ts';
import { Bytes, Count, None } from '../../ui/amounts.tsx';
import { cx } from '../../ui/cx.ts';
import { CommitSha, Digest, ReleaseId } from '../../ui/identity.tsx';
import { Cell } from '../../ui/sheet.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import type { Status } from '../../ui/status-words.ts';
import { RelativeTime } from '../../ui/time.tsx';
import { EnvironmentActions } from './environment-actions.tsx';
import type { Standing } from './environment-standing.ts';
import { runningIn, seenNow, standingOf, worstService } from './environment-standing.ts';
import type { Primary } from './gap-facts.ts';
import { NowCell } from './now-cell.tsx';
import { healthStatus, healthWords } from './service-health.ts';
import { useKeptFocus } from './use-kept-focus.ts';

export type EnvironmentColumnProps = {
  readonly board: Board;
  readonly environment: BoardEnvironment;
  readonly isFirst: boolean;
  readonly primary: Primary;
};

/** One environment: its facts on the rows that all environments share. */
export function EnvironmentColumn(props: EnvironmentColumnProps) {
  const { board, environment, isFirst } = props;
  const id = useId();
  const live = useRuns((state) => runningIn(environment.name, state.views));
  const lastSeen = useBoard((state) => state.lastSeen[environment.name]);
  const isObserved = useBoard((state) => state.observedAt !== undefined);
  const around = useCircumstances();
  const actions = useRef<HTMLDivElement>(null);
  const keptFocus = useKeptFocus(actions, 'button');
  const standing = standingOf({ environment, live, lastSeen, isObserved });
  const refusals = { build: refuseSecondBuild(around), deploy: refuseDeploy(board, environment, around) };
  return (
    <section
      aria-labelledby={id}
      data-column=""
      className="row-span-full grid min-w-0 grid-rows-subgrid"
      data-environment={environment.name}
    >
      <div className="flex min-w-0 items-center gap-2 px-4 max-wide:px-3">
        <h2 id={id} className="truncate text-15 font-semibold">
          {environment.name}
        </h2>
        <StatusWord state={statusOf(standing)} className="ml-auto text-12">
          {isTag(environment) && standing.kind === 'healthy' ? 'In place' : wordOf(standing)}
        </StatusWord>
      </div>
      <NowCell {...{ board, environment, standing, isFirst, refusals }} />
      <ReleaseCell environment={environment} />
      <CommitCell environment={environment} />
      <HealthCell environment={environment} />
      <ImageCell environment={environment} />
      <EnvKeysCell environment={environment} />
      <TargetCell environment={environment} />
      <div
        ref={actions}
        className="flex min-w-0 items-center gap-2 border-t border-line px-4 max-wide:px-3"
        {...keptFocus}
      >
        <EnvironmentActions {...props} standing={standing} around={around} />
      </div>
    </section>
  );
}

function statusOf(standing: Standing): Status {
  switch (standing.kind) {
    case 'running':
      if (standing.view?.rollbackReason !== undefined || standing.run.kind === 'rollback')
        return 'rolling-back';
      return standing.run.kind === 'promote' ? 'promoting' : 'deploying';
    case 'failed-run':
      return standing.run.state;
    case 'problem':
      return 'blocks';
    case 'starting':
    case 'observing':
      return 'observing';
    case 'unknown-health':
      return 'unverified';
    case 'partly-unreachable':
      return 'unreachable';
    default:
      return standing.kind;
  }
}

/** Another word than the state's own. */
function wordOf(standing: Standing): string | undefined {
  switch (standing.kind) {
    case 'starting':
      return 'Starting';
    case 'problem':
      return 'Blocked';
    case 'unknown-health':
      return 'Running';
    case 'partly-unreachable':
      return `${namesOf(standing.places)} unreachable`;
    case 'unhealthy':
      return standing.service.health === 'stopped' ? 'Stopped' : undefined;
    default:
      return undefined;
  }
}

function namesOf(places: readonly BlindPlace[]): string {
  return places.map(({ name }) => name).join(', ');
}

type Facts = { readonly environment: BoardEnvironment };

/** An environment that is a name in a registry: nothing runs there, so nothing has health or ports. */
function isTag({ target }: BoardEnvironment): boolean {
  return target.kind === 'registry';
}

function ReleaseCell({ environment }: Facts) {
  const { release, state, deployedBy } = environment;
  if (release === undefined) {
    return (
      <Cell className="leading-6">
        <None>no release</None>
      </Cell>
    );
  }
  return (
    <Cell>
      <div className="flex min-w-0 overflow-hidden leading-6">
        <ReleaseId id={release.id} version={release.version} size="board" />
      </div>
      {state !== undefined && (
        <p className="truncate text-ink-3">
          {state.isUnverified === true ? 'Asked for' : 'Deployed'} <RelativeTime at={state.at} />
          {deployedBy !== undefined && <span className="max-wide:hidden"> by {deployedBy}</span>}
        </p>
      )}
    </Cell>
  );
}

function CommitCell({ environment }: Facts) {
  const { release } = environment;
  if (release === undefined) {
    return (
      <Cell>
        <None>none</None>
      </Cell>
    );
  }
  const { commit, uncommittedFiles } = release;
  if (commit === undefined) {
    return (
      <Cell>
        <None>no commit recorded</None>
      </Cell>
    );
  }
  return (
    <Cell>
      <p className="truncate text-13/4.5 text-ink" title={commit.subject}>
        {commit.subject}
      </p>
      <p className="flex min-w-0 items-baseline gap-2 text-ink-3">
        <CommitSha sha={commit.sha} />
        <span className="truncate">
          {commit.author}, <RelativeTime at={commit.at} />
          {uncommittedFiles > 0 && `, and ${uncommittedFiles} uncommitted`}
        </span>
      </p>
    </Cell>
  );
}

const fact = 'flex min-w-0 items-center gap-2';
const end = 'ml-auto inline-flex items-center whitespace-nowrap text-ink-3';

function HealthCell({ environment }: Facts) {
  const lastSeen = useBoard((state) => state.lastSeen[environment.name]);
  const isObserved = useBoard((state) => state.observedAt !== undefined);
  const observed = seenNow(environment, lastSeen);
  const worst = worstService(observed);
  if (isTag(environment)) {
    return (
      <Cell>
        <None>a tag, nothing runs here</None>
      </Cell>
    );
  }
  if (worst === undefined) {
    const isSilent = observed.kind === 'unreachable' || observed.kind === 'unobservable';
    const unknown = isSilent && environment.state !== undefined;
    return <Cell>{unknown ? isObserved && <None>not known</None> : <None>none</None>}</Cell>;
  }
  const services = observed.kind === 'running' ? observed.services : [];
  const blind = blindPlaces(observed);
  const isHalfKnown = blind.length > 0 && worst.health === 'healthy';
  return (
    <Cell>
      <p className={fact}>
        {isHalfKnown ? (
          <StatusWord state="unverified">Not known in {namesOf(blind)}</StatusWord>
        ) : (
          <StatusWord state={healthStatus[worst.health]}>{healthWords[worst.health]}</StatusWord>
        )}
        {worst.since !== undefined && !isHalfKnown && (
          <span className="truncate">
            for <RelativeTime at={worst.since} as="span" />
          </span>
        )}
        <span className={end}>
          {services.length > 1 ? <Count n={services.length} one="service" /> : worst.name}
        </span>
      </p>
    </Cell>
  );
}

/** `127.0.0.1:8080->8080/tcp` is `:8080` to the person who opens it. */
function publishedPort(ports: readonly string[]): string | undefined {
  const published = ports.map((port) => /:(\d+)->/.exec(port)?.[1]).find((port) => port !== undefined);
  return published === undefined ? undefined : `:${published}`;
}

function ImageCell({ environment }: Facts) {
  const { release, image } = environment;
  return (
    <Cell>
      {release === undefined ? (
        <None>none</None>
      ) : (
        <p className={fact}>
          <Digest value={image ?? release.imageId} />
          {release.cell !== undefined && (
            <code
              className="max-w-3/5 min-w-0 truncate text-11 text-ink-3 max-wide:ml-auto max-wide:flex-none"
              title={release.cell}
            >
              {release.cell}
            </code>
          )}
          <span className={cx(end, release.cell !== undefined && 'max-wide:hidden')}>
            <Bytes value={release.size} />
          </span>
        </p>
      )}
    </Cell>
  );
}

function EnvKeysCell({ environment }: Facts) {
  const { envFile, envKeyCount } = environment;
  return (
    <Cell>
      <p className={fact}>
        <code className="truncate text-ink">{envFile}</code>
        <span className={end}>
          {envKeyCount === undefined ? (
            <StatusWord state="closed">unreadable</StatusWord>
          ) : (
            <Count n={envKeyCount} one="key" />
          )}
        </span>
      </p>
    </Cell>
  );
}

function TargetCell({ environment }: Facts) {
  const lastSeen = useBoard((state) => state.lastSeen[environment.name]);
  const { kind, label, detail } = environment.target;
  // A target's words may begin with its kind, which stands here already.
  const place = label.startsWith(`${kind} `) ? label.slice(kind.length + 1) : label;
  const observed = seenNow(environment, lastSeen);
  const ports = observed.kind === 'running' ? observed.services.flatMap((service) => service.ports) : [];
  return (
    <Cell>
      <p className={fact} title={detail}>
        <span className="flex-none text-ink">{kind}</span>
        <code className="truncate text-ink">{place}</code>
        <span className={`${end} max-wide:hidden`}>{publishedPort(ports)}</span>
      </p>
    </Cell>
  );
}
