import type { StepView } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { cx } from '../../ui/cx.ts';
import { PaneHead } from '../../ui/sheet.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { Elapsed } from '../../ui/time.tsx';
import { testWords } from './build-words.ts';
import { upperPane } from './upper-pane.ts';

type Report = RunView['testReports'][number];

/** What a test's JUnit XML says: how many, and each that failed with its message. */
export function TestsPane({
  step,
  reports,
}: {
  readonly step: StepView;
  readonly reports: readonly Report[];
}) {
  return (
    <section aria-label={`Report of ${step.title}`} className={upperPane}>
      <PaneHead
        className="sticky top-0 z-10 bg-sheet px-5 max-wide:px-4"
        title={step.title}
        count={step.startedAt === undefined ? undefined : <Elapsed from={step.startedAt} to={step.endedAt} />}
        end={step.detail}
      />
      {reports.map((report, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: reports are only ever added, and have no name of their own
        <ReportFacts key={index} report={report} />
      ))}
    </section>
  );
}

function ReportFacts({ report: { counts, failures } }: { readonly report: Report }) {
  const isFailed = counts.failed > 0;
  const more = counts.failed - failures.length;
  return (
    <>
      <p className="px-5 pb-2 max-wide:px-4">
        <StatusWord state={isFailed ? 'failed' : 'succeeded'}>{testWords(counts)}</StatusWord>
      </p>
      {failures.length > 0 && (
        <ol aria-label="Failed tests" className="border-t border-line">
          {failures.map((failure, index) => (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: two tests may have one name
              key={index}
              className={cx('border-line px-5 py-2 max-wide:px-4', index > 0 && 'border-t')}
            >
              <p className="font-medium break-words text-ink">{failure.name}</p>
              {failure.message !== '' && (
                <code className="mt-0.5 line-clamp-6 block break-words whitespace-pre-wrap text-ink-2">
                  {failure.message}
                </code>
              )}
            </li>
          ))}
        </ol>
      )}
      {more > 0 && (
        <p className="border-t border-line px-5 pt-2 text-ink-3 max-wide:px-4">
          {more} more failed; the log has them all.
        </p>
      )}
    </>
  );
}
