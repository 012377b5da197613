import type { LogLine } from '#shared/domain/run-events.ts';
import type { LogLine as ShownLine } from '../../ui/virtual-log.tsx';
import { cellOfSource } from './step-name.ts';

/**
 * What a line that reports an error looks like, at its beginning or in a structured log. The stream alone says nothing:
 * npm, compose and most builders write their progress to standard error.
 */
const errorLine =
  /^\s*(?:\S+: )?(?:[A-Z]\w*(?:Error|Exception)\b|error\b|ERR!|npm (?:ERR!|error)|fatal\b|panic:|E: |Traceback \(most recent)|"level":\s*"(?:error|fatal)"|\blevel=(?:error|fatal)\b|^\[?(?:ERROR|FATAL)\b/i;

/** A stack's own lines: they belong to the error above them. */
const stackLine = /^\s+(?:at |File ")|^\s*\.\.\. \d+ more/;

/** How a line is shown: errors stand out, what surrounds them and Gantry's own notes step back. */
export function levelOf(line: Pick<LogLine, 'level' | 'text'>): ShownLine['level'] {
  if (line.level === 'note') return 'dim';
  if (stackLine.test(line.text)) return 'dim';
  return errorLine.test(line.text) ? 'error' : undefined;
}

export type ReadLine = LogLine & { readonly shown: ShownLine };

/** Once per line and not once per drawing: a log is filtered and searched often. */
export function toReadLine(line: LogLine): ReadLine {
  const level = levelOf(line);
  return {
    ...line,
    shown: {
      n: line.n,
      at: line.at,
      ...shownSource(line.source),
      text: line.text,
      ...(level ? { level } : {}),
    },
  };
}

/** A build step by its stage, place and cell, "build 2/5"; whole on hover, because the text needs the room. */
function shownSource(source: string): Pick<ShownLine, 'source' | 'sourceTitle'> {
  const inBrackets = /^\[([^\]]+)\]\s/.exec(source)?.[1];
  if (inBrackets === undefined) return { source };
  const cell = cellOfSource(source);
  return { source: cell === undefined ? inBrackets : `${inBrackets} ${cell}`, sourceTitle: source };
}
