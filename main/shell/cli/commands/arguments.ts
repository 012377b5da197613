import { InvalidArgumentError, Option } from 'commander';

export function runNumber(text: string): number {
  return wholeNumber(text.replace(/^#/, ''), 1, Number.MAX_SAFE_INTEGER, 'a run’s number, such as 12');
}

export function limit(text: string): number {
  return wholeNumber(text, 1, 500, 'a number from 1 to 500');
}

export function portNumber(text: string): number {
  return wholeNumber(text, 0, 65_535, 'a port from 0 to 65535; 0 takes a free one');
}

function wholeNumber(text: string, least: number, most: number, wanted: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new InvalidArgumentError(`Wanted: ${wanted}.`);
  return value;
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** A moment, once it is known what time it is now. */
export type Moment = (now: number) => number;

/** `2026-07-01`, `2026-07-01T12:00Z`, or how long ago, such as `90m`, `12h`, `3d`, `2w`. */
export function moment(text: string): Moment {
  const [, amount, unit = ''] = /^(\d+)([mhdw])$/.exec(text) ?? [];
  if (amount !== undefined) return (now) => Math.max(0, now - Number(amount) * (units[unit] ?? 0));
  const at = Date.parse(text);
  if (Number.isNaN(at))
    throw new InvalidArgumentError('Wanted: a date such as 2026-07-01, or 90m, 12h, 3d, 2w.');
  return () => at;
}

export const followOption = new Option('-f, --follow', 'with --json: one line for each event as it happens');
export const releaseOption = new Option('--release <release>', 'a release’s id or version');
/** For commands that also take it as an argument, so that both spellings work. */
export const hiddenReleaseOption = new Option('--release <release>').hideHelp();
