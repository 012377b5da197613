import type { TestCounts } from '#shared/domain/release.ts';
import type { JunitReport, Unreadable } from '../ports/workspace.ts';
import type { StepOutput } from '../ports.ts';

type End = Extract<StepOutput, { kind: 'end' }>;

/** Failing tests that a sentence names. */
const maxNames = 3;

/**
 * How a test ended. A report that is wished for and not there, or that names a failure, makes the test fail although
 * its command passed: what nobody saw pass did not pass.
 */
export function verdictOf(
  test: { readonly name: string; readonly junit?: string | undefined },
  exitCode: number,
  report: JunitReport | Unreadable | undefined,
): End {
  if (exitCode === 0) {
    if (report === undefined) return { kind: 'end', outcome: 'succeeded', detail: 'Passed' };
    if ('kind' in report) return withoutReport(test.name, test.junit ?? '', report.why);
    if (report.counts.failed === 0)
      return { kind: 'end', outcome: 'succeeded', detail: passedText(report.counts) };
    return failed(
      `Test ${test.name} ended with exit code 0, but its report says that ${failuresText(report)}`,
      'Its output and its report are in the log. No release was made.',
    );
  }
  const named = report === undefined || 'kind' in report || report.counts.failed === 0;
  return failed(
    `Test ${test.name} failed with exit code ${exitCode}${named ? '' : `: ${failuresText(report)}`}`,
    'Its output is in the log. No release was made.',
  );
}

function withoutReport(name: string, junit: string, why: string): End {
  return failed(
    `Test ${name} ended with exit code 0, but its report ${junit} ${why}`,
    'Make the test write JUnit XML there each time it runs, or take `junit` out of gantry.yml. No release was made.',
  );
}

function failed(detail: string, hint: string): End {
  return {
    kind: 'end',
    outcome: 'failed',
    detail,
    error: { code: 'target-refused', message: `${detail}.`, hint },
  };
}

function passedText({ total, failed: failures, skipped }: TestCounts): string {
  return `${total - failures - skipped} passed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function failuresText({ counts, failures }: JunitReport): string {
  const names = failures.slice(0, maxNames).map(({ name }) => name);
  const more = counts.failed - names.length;
  const rest = more > 0 ? ` and ${more} more` : '';
  return `${counts.failed} of ${counts.total} tests failed: ${names.join('; ')}${rest}`;
}
