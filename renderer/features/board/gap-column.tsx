import type { ReactNode } from 'react';
import { useId } from 'react';
import type { BoardEnvironment, Gap } from '#shared/domain/board.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { leasedTo } from '../../stores/lease-holder.ts';
import type { Refusal } from '../../stores/refusals.ts';
import { refusePromotion } from '../../stores/refusals.ts';
import type { ComparePart } from '../../stores/routes/route.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useBoard, useRuns } from '../../stores/stores.tsx';
import { useCircumstances } from '../../stores/use-circumstances.ts';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { Rail } from '../../ui/rail.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import type { GapFact, Primary } from './gap-facts.ts';
import {
  commitFact,
  envFact,
  flightThrough,
  imageFact,
  railOf,
  releaseFact,
  targetFact,
} from './gap-facts.ts';

export type GapColumnProps = {
  readonly gap: Gap;
  readonly index: number;
  readonly left: BoardEnvironment;
  readonly right: BoardEnvironment;
  readonly primary: Primary;
};

/** What stands between two neighbours, each fact on the row it is about. */
export function GapColumn(props: GapColumnProps) {
  const { gap, right } = props;
  const router = useRouter();
  const live = useRuns((state) => flightThrough(gap, state.views.values()));
  const isObserved = useBoard((state) => state.observedAt !== undefined);
  const flight = live ?? flightThrough(gap, right.currentRun === undefined ? [] : [right.currentRun]);
  const rail = railOf(gap, flight);
  const around = useCircumstances();
  const refusal = refusePromotion(gap, right, around);
  const reasonId = useId();
  const compare = (part?: ComparePart) => () =>
    router.go({
      view: { kind: 'compare', left: gap.left, right: gap.right, ...(part === undefined ? {} : { part }) },
    });
  return (
    <section
      aria-label={`Between ${gap.left} and ${gap.right}`}
      data-column=""
      className="row-span-full grid min-w-0 grid-rows-subgrid border-x border-line bg-gutter"
    >
      {rail === undefined ? (
        <div />
      ) : (
        <Rail
          state={rail}
          label={flight === undefined ? `Compare ${gap.left} with ${gap.right}` : `Open run ${flight.id}`}
          onOpen={
            flight === undefined ? compare() : () => router.go({ view: { kind: 'run', runId: flight.id } })
          }
        />
      )}
      <GapNow gap={gap} flight={flight} refusal={refusal} reasonId={reasonId} leasedTo={leasedTo(right)} />
      <Fact fact={releaseFact(props)} onOpen={compare()} className="pt-[13px]" />
      <Fact fact={commitFact(props)} onOpen={compare('commits')} />
      <GapCell />
      <Fact fact={imageFact(props)} onOpen={compare('image')} />
      <Fact fact={envFact(props)} onOpen={compare('env')} />
      <Fact fact={isObserved ? targetFact(props) : undefined} onOpen={compare('target')} />
      <GapCell className="flex-row justify-center py-0">
        <GapAction {...props} flight={flight} refusal={refusal} reasonId={reasonId} />
      </GapCell>
    </section>
  );
}

const cell =
  'flex w-full min-w-0 flex-col items-center border-t border-line px-2 py-[11px] text-center text-12/4.5 text-ink-2 max-wide:px-1';

function GapCell(props: { readonly children?: ReactNode; readonly className?: string }) {
  return <div className={cx(cell, props.className)}>{props.children}</div>;
}

/** A whole cell to click on; what it opens is what its underlined words count. */
function Fact(props: {
  readonly fact: GapFact | undefined;
  readonly onOpen: () => void;
  readonly className?: string;
}) {
  const { fact, onOpen, className } = props;
  if (fact === undefined) return <GapCell />;
  if (fact.tone === 'quiet') {
    return (
      <GapCell {...(className === undefined ? {} : { className })}>
        <span className="text-ink-3">{fact.text}</span>
      </GapCell>
    );
  }
  const words = (
    <span className="underlined font-medium">
      <span className={cx(fact.narrow !== undefined && 'max-wide:hidden')}>{fact.text}</span>
      {fact.narrow !== undefined && <span className="wide:hidden">{fact.narrow}</span>}
    </span>
  );
  return (
    <button
      type="button"
      onClick={onOpen}
      className={cx(cell, 'focus-inset transition-colors hover:bg-hover', className)}
    >
      {fact.tone === 'bad' ? (
        <StatusWord state="closed">{words}</StatusWord>
      ) : (
        <span className="text-ink">{words}</span>
      )}
      {fact.more !== undefined && <span className="text-ink-3">{fact.more}</span>}
    </button>
  );
}

/** A promotion that is refused says so here: beside its button 156 px hold no sentence. */
function GapNow(props: {
  readonly gap: Gap;
  readonly flight: RunSummary | undefined;
  readonly refusal: Refusal | undefined;
  readonly reasonId: string;
  readonly leasedTo: RunId | undefined;
}) {
  const { gap, flight, refusal } = props;
  if (flight !== undefined) {
    return (
      <GapCell>
        <b className="font-medium text-ink">{flight.release}</b>
        <span>on its way</span>
      </GapCell>
    );
  }
  if (!canMove(gap)) return <GapCell />;
  if (refusal?.kind === 'here') {
    return (
      <GapCell>
        <span id={props.reasonId} className="wrap-anywhere">
          {refusal.reason}
        </span>
      </GapCell>
    );
  }
  if (props.leasedTo !== undefined) return <GapCell>Waits for run {props.leasedTo}</GapCell>;
  const [first] = gap.blocked;
  if (gap.relation !== 'ahead' || first === undefined) return <GapCell />;
  const more = gap.blocked.length - 1;
  return (
    <GapCell>
      <span className="line-clamp-3 wrap-anywhere max-wide:line-clamp-4" title={gap.blocked.join('\n')}>
        {first}
      </span>
      {more > 0 && <span className="text-ink-3">and {more} more</span>}
    </GapCell>
  );
}

/** Same release or an empty left side: there is nothing to promote, and the rows above say why. */
function canMove(gap: Gap): boolean {
  return gap.relation === 'ahead' || gap.relation === 'behind';
}

function GapAction(
  props: GapColumnProps & {
    readonly flight: RunSummary | undefined;
    readonly refusal: Refusal | undefined;
    readonly reasonId: string;
  },
) {
  const { gap, index, right, primary, flight, refusal } = props;
  const router = useRouter();
  if (flight !== undefined) {
    return (
      <ButtonLink href={router.href({ kind: 'run', runId: flight.id })}>
        <span>
          Open run<span className="max-wide:hidden"> {flight.id}</span>
        </span>
      </ButtonLink>
    );
  }
  if (!canMove(gap)) return null;
  const reasonId = refusal?.kind === 'above' ? refusal.noticeId : props.reasonId;
  return (
    <Button
      tone={primary.kind === 'promote' && primary.gap === index ? 'solid' : 'plain'}
      onClick={() => router.openDialog({ kind: 'plan', run: 'promote', from: gap.left, to: gap.right })}
      {...(refusal === undefined ? {} : { reasonId })}
      className="max-w-full overflow-hidden"
      aria-label={`Promote ${gap.left} to ${gap.right}…`}
    >
      <span className="truncate">
        Promote<span className="max-wide:hidden"> to {right.name}</span>…
      </span>
    </Button>
  );
}
