import type { ProbeSeries } from '#shared/domain/health.ts';
import { cx } from '../../ui/cx.ts';
import { clock, seconds } from '../../ui/format.ts';
import { ProbeStrip } from '../../ui/probe-strip.tsx';
import { PaneHead } from '../../ui/sheet.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { Elapsed, Remaining } from '../../ui/time.tsx';
import { answerWords, type HealthFacts, spellsOf, spellWords } from './health-words.ts';
import { upperPane } from './upper-pane.ts';

/** Of each check the newest times it failed; a chart of an outage is no list. */
const mostSpells = 3;

/** What a step asked for health, as it was answered: one strip for each check over the same time. */
export function HealthPane({ health }: { readonly health: HealthFacts }) {
  const { step, series, from, to, slowestMs } = health;
  return (
    <section aria-label={`Health in ${step.title}`} className={upperPane}>
      <PaneHead
        className="sticky top-0 z-10 bg-sheet px-5 max-wide:px-4"
        title="Health"
        count={<HeadCount health={health} />}
        end={<Legend />}
      />
      <ul aria-label="Checks">
        {series.map((each) => (
          <Check key={each.check} series={each} from={from} to={to} slowestMs={slowestMs} />
        ))}
      </ul>
      <div className={`${columns} pt-1 text-11 text-ink-3`} aria-hidden="true">
        <span />
        <span className="flex justify-between">
          <span>{clock(from)}</span>
          <span>{clock(to)}</span>
        </span>
        <span />
      </div>
    </section>
  );
}

const columns =
  'grid grid-cols-[180px_minmax(0,1fr)_168px] items-center gap-x-4 px-5 max-wide:grid-cols-[110px_minmax(0,1fr)_96px] max-wide:gap-x-2.5 max-wide:px-4';

function HeadCount({ health: { step } }: { readonly health: HealthFacts }) {
  if (step.startedAt === undefined) return null;
  if (step.overAt === undefined || step.endedAt !== undefined) {
    return <Elapsed from={step.startedAt} to={step.endedAt} />;
  }
  return (
    <>
      <Remaining until={step.overAt} /> left to watch
    </>
  );
}

function Check(props: { readonly series: ProbeSeries } & Pick<HealthFacts, 'from' | 'to' | 'slowestMs'>) {
  const { series, from, to, slowestMs } = props;
  const { check, samples } = series;
  const last = samples.at(-1);
  const spells = spellsOf(samples);
  const earlier = spells.length - mostSpells;
  return (
    <li className="border-t border-line py-2">
      <div className={columns}>
        <span className="min-w-0">
          <code className="block truncate text-ink" title={check}>
            {check}
          </code>
          <span className="block truncate text-11 text-ink-3">{answerWords(series)}</span>
        </span>
        <ProbeStrip
          label={`${check}: ${answerWords(series)}`}
          samples={samples}
          from={from}
          to={to}
          slowestMs={slowestMs}
        />
        {last !== undefined && (
          <span className="flex min-w-0 items-center gap-2" title={last.text}>
            <StatusWord state={last.ok ? 'succeeded' : 'failed'} size={12} iconOnly />
            <span className={cx('truncate', last.ok ? 'text-ink-2' : 'text-bad')}>{last.text}</span>
            <span className="ml-auto font-mono whitespace-nowrap text-ink-3 max-wide:hidden">
              {seconds(last.ms)}
            </span>
          </span>
        )}
      </div>
      {spells.length > 0 && (
        <ul
          aria-label={`Failures of ${check}`}
          className="pt-1 pr-5 pl-[216px] text-ink-2 max-wide:pr-4 max-wide:pl-[136px]"
        >
          {earlier > 0 && <li className="text-ink-3">{earlier} more before</li>}
          {spells.slice(-mostSpells).map((spell) => (
            <li key={spell.from} className="break-words">
              {spellWords(spell)}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function Legend() {
  return (
    <span className="flex gap-4">
      <span className="inline-flex items-center gap-1.5">
        <i className="h-1.5 w-1.5 bg-bar-2" />
        answered, by time
      </span>
      <span className="inline-flex items-center gap-1.5">
        <i className="h-3 w-1.5 bg-bad" />
        failed
      </span>
    </span>
  );
}
