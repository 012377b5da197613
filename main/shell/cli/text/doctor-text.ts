import { problemsToList } from '#shared/domain/errors.ts';
import type { Check } from '#shared/domain/system.ts';
import type { Style } from '../terminal.ts';
import { problemText } from './error-text.ts';
import { plain } from './format.ts';

export function doctorText(checks: readonly Check[], style: Style): string {
  const marks = { ok: style.green('✓'), note: style.yellow('!'), bad: style.red('✗') };
  const lines = checks.flatMap(({ title, detail, result, hint, problems }) => [
    `${marks[result]} ${plain(title)}${detail === '' ? '' : `: ${style.dim(plain(detail))}`}`,
    ...(hint === undefined ? [] : [`  ${style.dim('hint:')} ${plain(hint)}`]),
    ...problemsToList({ message: detail, hint: hint ?? '', problems }).map(
      (problem) => `  ${problemText(problem)}`,
    ),
  ]);
  const bad = checks.filter((check) => check.result === 'bad').length;
  const verdict =
    bad === 0 ? 'Everything Gantry needs is there.' : `${bad} of ${checks.length} checks failed.`;
  return [...lines, verdict, ''].join('\n');
}
