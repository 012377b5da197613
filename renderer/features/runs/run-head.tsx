import type { ReactNode } from 'react';
import { watchedNow } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { useActions } from '../../stores/actions.tsx';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useBoard } from '../../stores/stores.tsx';
import { useCircumstances } from '../../stores/use-circumstances.ts';
import { Button } from '../../ui/button.tsx';
import { clock, count, dayName, exact } from '../../ui/format.ts';
import { BackIcon, RightIcon } from '../../ui/icons.tsx';
import { CommitSha, Digest } from '../../ui/identity.tsx';
import { MoreMenu } from '../../ui/menu.tsx';
import { FactList } from '../../ui/sheet.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { Elapsed, useClock } from '../../ui/time.tsx';
import { TextLink } from '../../ui/value.tsx';
import { RunHeading } from './run-heading.tsx';
import { guidedFailure, offersAfter } from './run-offers.ts';
import { cancelWords, runStatus, statePlace } from './run-words.ts';
import { useOfferAction } from './use-offer-action.ts';
import type { BuiltFacts } from './use-release-facts.ts';

/** What the run is, how it stands, and what can be done with it now. */
export function RunHead({ view, built }: { readonly view: RunView; readonly built: BuiltFacts | undefined }) {
  const router = useRouter();
  const place = statePlace(view);
  return (
    <header className="flex flex-none items-center gap-8 border-b border-edge py-3 pr-4 pl-5 max-wide:gap-4 max-wide:pl-4">
      <div className="min-w-0 flex-none">
        <p className="flex items-center gap-1.5 text-ink-3 [line-height:16px]">
          <TextLink href={router.href({ kind: 'runs' })} muted>
            Runs
          </TextLink>
          <RightIcon size={12} aria-hidden="true" />
          <span>{view.id}</span>
        </p>
        <h1 className="text-18 font-semibold tracking-[-.005em] whitespace-nowrap">
          <RunHeading run={view} />
        </h1>
      </div>
      <FactList
        layout="inline"
        className="h-9 min-w-0 flex-wrap overflow-hidden"
        facts={[
          {
            label: 'State',
            value: (
              <>
                <StatusWord state={runStatus(view)} />
                {place}
              </>
            ),
          },
          ...(built?.commit === undefined
            ? []
            : [
                {
                  label: 'Commit',
                  value: (
                    <span title={built.commit.subject}>
                      <CommitSha sha={built.commit.sha} className="text-ink" />
                      {built.uncommittedFiles > 0 &&
                        ` and ${count(built.uncommittedFiles, 'uncommitted file')}`}
                    </span>
                  ),
                  wideOnly: true,
                },
              ]),
          ...(view.retryOf === undefined
            ? []
            : [
                {
                  label: 'Retry of',
                  value: (
                    <TextLink href={router.href({ kind: 'run', runId: view.retryOf })}>
                      run {view.retryOf}
                    </TextLink>
                  ),
                },
              ]),
          ...(view.givenUp === undefined
            ? []
            : [
                {
                  label: 'Given up',
                  value: (
                    <span title={exact(view.givenUp.at)}>
                      {clock(view.givenUp.at)} by {view.givenUp.by.name}
                    </span>
                  ),
                },
              ]),
          { label: 'Started', value: <Started view={view} />, wideOnly: true },
          {
            label: 'Took',
            value: <Elapsed from={view.startedAt} to={view.endedAt} className="text-ink" />,
            wideOnly: true,
          },
          ...imageFact(built),
        ]}
      />
      <span className="flex-1" />
      {view.state === 'running' ? <Cancel view={view} /> : <After view={view} />}
    </header>
  );
}

function imageFact(built: BuiltFacts | undefined): Parameters<typeof FactList>[0]['facts'] {
  const [first, ...others] = built?.images ?? [];
  if (first === undefined) return [];
  const value =
    others.length === 0 ? (
      <Digest value={first.imageId} copy />
    ) : (
      `one for each of ${others.length + 1} cells`
    );
  return [{ label: others.length === 0 ? 'Image' : 'Images', value, wideOnly: true }];
}

function Started({ view }: { readonly view: RunView }) {
  const day = useClock((now) => {
    const { name, date } = dayName(view.startedAt, now);
    return name === 'Today' ? '' : name === 'Yesterday' ? 'yesterday ' : `${date}, `;
  });
  return (
    <span title={exact(view.startedAt)}>
      {day}
      {clock(view.startedAt)} by {view.by.name}
    </span>
  );
}

function Cancel({ view }: { readonly view: RunView }) {
  const { cancelRun } = useActions();
  const words = cancelWords(view);
  return (
    <span className="flex flex-none items-center gap-2.5">
      {words.text !== undefined && (
        <span id="cancel-words" className="text-11 text-ink-3">
          {words.text}
        </span>
      )}
      <Button
        {...(words.text === undefined ? {} : { 'aria-describedby': 'cancel-words' })}
        refused={words.kind === 'refused'}
        onClick={() => cancelRun(view.id)}
      >
        {watchedNow(view.steps) !== undefined
          ? 'Stop watching'
          : `Cancel ${view.kind === 'build' ? 'build' : 'run'}`}
      </Button>
    </span>
  );
}

/** What a run that has ended leads to. In a narrow window all but the solid one go into a menu. */
function After({ view }: { readonly view: RunView }): ReactNode {
  const board = useBoard((state) => state.board);
  const act = useOfferAction();
  const around = useCircumstances();
  const inPlace = guidedFailure(view, board, around)?.choices.map(({ id }) => id) ?? [];
  // What stands under the failed step is not said twice.
  const offers = offersAfter(view, board, around).filter(({ id }) => !inPlace.includes(id));
  const lesser = offers.filter((offer) => offer.isSolid !== true);
  const reasons = [...new Set(offers.flatMap((offer) => offer.reason ?? []))];
  return (
    <span className="flex flex-none items-center gap-2">
      {reasons.length > 0 && (
        <span id="offer-reasons" className="mr-1 text-11 text-ink-3">
          {reasons.join('; ')}
        </span>
      )}
      {offers.map((offer) => (
        <Button
          key={offer.id}
          tone={offer.isSolid ? 'solid' : 'plain'}
          icon={offer.id === 'roll-back' ? BackIcon : undefined}
          {...(offer.reason === undefined ? {} : { reasonId: 'offer-reasons' })}
          className={offer.isSolid ? undefined : 'max-wide:hidden'}
          title={offer.title}
          onClick={() => act(offer)}
        >
          {offer.label}
        </Button>
      ))}
      {lesser.length > 0 && (
        <MoreMenu
          label="What to do next"
          className="wide:hidden"
          items={lesser.map((offer) => ({
            kind: 'action',
            id: offer.id,
            label: offer.label,
            ...(offer.reason === undefined ? {} : { reason: offer.reason }),
            onSelect: () => act(offer),
          }))}
        />
      )}
    </span>
  );
}
