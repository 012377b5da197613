import { type ErrorDetail, type Problem, problemsToList } from '#shared/domain/errors.ts';
import type { Style } from '../terminal.ts';
import { plain } from './format.ts';

/** `error: message`, what to do next, and one line for each thing that is wrong in a file, unless that is all the error says. */
export function errorText(error: ErrorDetail, style: Style): string {
  const lines = [
    `${style.red('error:')} ${plain(error.message)}`,
    `${style.dim('hint:')}  ${plain(error.hint)}`,
  ];
  return [...lines, ...problemsToList(error).map(problemText), ''].join('\n');
}

/** `file:line:column what - hint`, the shape that editors and terminals turn into a link. */
export function problemText({ file, line, column, what, hint }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return `${plain(place)} ${plain(what)} - ${plain(hint)}`;
}
