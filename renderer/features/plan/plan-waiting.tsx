import type { ReactNode } from 'react';
import { useState } from 'react';
import { assertNever } from '#shared/domain/errors.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { useCurrentBoard } from '../../stores/current-board.ts';
import type { PlanDialogRoute } from '../../stores/routes/route.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useRuns } from '../../stores/stores.tsx';
import { Bones } from '../../ui/bones.tsx';
import { QuadrantPane } from '../../ui/dialog-frame.tsx';
import { clock } from '../../ui/format.ts';
import { ReleaseId } from '../../ui/identity.tsx';
import { FactList, PaneHead } from '../../ui/sheet.tsx';
import { Elapsed, RelativeTime, Remaining, useClock } from '../../ui/time.tsx';
import { TextLink } from '../../ui/value.tsx';
import type { Holder } from './holder.ts';
import { holderOf, nowOf } from './holder.ts';

/** In the plan's place while another run has the environment: which, whose, since when. */
export function PlanWaiting(props: {
  readonly route: PlanDialogRoute;
  readonly run: RunSummary | undefined;
}) {
  const { route, run } = props;
  const environment = useCurrentBoard()?.environments.find((each) => each.name === route.to);
  const holder = holderOf(environment, run);
  return (
    <QuadrantPane place="upper" title={`${route.to} is leased`} end={<Waited />}>
      {holder === undefined ? (
        <Bones label="Looking who has it" lines={['52%', '64%', '40%']} />
      ) : (
        <HolderFacts holder={holder} run={run} />
      )}
    </QuadrantPane>
  );
}

/** In the decision's place. */
export function AfterWaiting({ route }: { readonly route: PlanDialogRoute }) {
  return (
    <>
      <PaneHead title="Then" />
      <p className="text-ink-2">
        As soon as {route.to} is free, a plan against what then runs there is made and shown here. Nothing is
        started before you confirm it.
      </p>
      <p className="mt-2 text-ink-3">Closing this ends the waiting and changes nothing.</p>
    </>
  );
}

/** What the plan will be for. */
export function Wished({ route }: { readonly route: PlanDialogRoute }) {
  if (route.release !== undefined) return <ReleaseId id={route.release} />;
  return <span className="text-ink-3">{wished(route)}</span>;
}

function wished(route: PlanDialogRoute): string {
  switch (route.run) {
    case 'deploy':
      return 'The newest release';
    case 'promote':
      return `What ${route.from} then runs`;
    case 'rollback':
      return 'What ran there before';
  }
}

function HolderFacts({ holder, run }: { readonly holder: Holder; readonly run: RunSummary | undefined }) {
  const router = useRouter();
  const { runId, by, pid, since, reason } = holder;
  return (
    <FactList
      className="-my-2 -ml-5"
      facts={[
        {
          label: 'Run',
          value: (
            <>
              <TextLink href={router.href({ kind: 'run', runId })}>Open run {runId}</TextLink>
              <span className="wrap-anywhere">, {reason}</span>
            </>
          ),
        },
        { label: 'Holder', value: `${by.name} (${by.shell}${pid === undefined ? '' : `, process ${pid}`})` },
        {
          label: 'Since',
          value: (
            <>
              {clock(since)}, <RelativeTime at={since} />
            </>
          ),
        },
        ...(run === undefined ? [] : [{ label: 'Now', value: <HolderNow run={run} /> }]),
      ]}
    />
  );
}

function HolderNow({ run }: { readonly run: RunSummary }): ReactNode {
  const view = useRuns((state) => state.views.get(run.id));
  const now = nowOf(view ?? run, view);
  switch (now.kind) {
    case 'cancelling':
      return 'Cancelling';
    case 'going-back':
      return 'Going back to what ran before';
    case 'watching':
      return (
        <>
          Watching its release, <Remaining until={now.until} /> left
        </>
      );
    case 'step':
      return `Step ${now.at} of ${now.of}${now.title === undefined ? '' : `: ${now.title}`}`;
    default:
      return assertNever(now);
  }
}

/** How long this window has waited; goes on where one run follows another. */
function Waited() {
  const now = useClock(Math.trunc);
  const [from] = useState(now);
  return (
    <>
      waited <Elapsed from={from} />
    </>
  );
}
