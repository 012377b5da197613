import type { RunSummary } from '#shared/domain/run.ts';
import type { WatchState } from '#shared/domain/watch.ts';
import type { Style } from '../terminal.ts';
import { duration, padEnd, plain } from './format.ts';
import { stateStyle } from './run-text.ts';

type Watching = Extract<WatchState, { kind: 'on' }>;

/** Names that a line has room for. */
const shownNames = 3;

export function watchHeading({ environment }: Watching, folder: string): string {
  const what =
    environment === undefined ? 'built and tested' : `built, tested and deployed to ${environment}`;
  return `Watching ${plain(folder)}: each change is ${what}. Ctrl-C ends it.`;
}

/** `src/a.ts, src/b.ts and 4 more changed` */
export function roundHeading({ changed, changedMore = 0, changedAt }: Watching, style: Style): string {
  if (changedAt === undefined) return style.bold('as it is now');
  if (changed.length === 0) return style.bold('something changed');
  const names = changed.slice(0, shownNames).map(plain);
  const more = changed.length - names.length + changedMore;
  return style.bold(`${names.join(', ')}${more > 0 ? ` and ${more} more` : ''} changed`);
}

/** `  build   succeeded  2.6 s  run 12  r-77ab10: 5 of 6 steps cached, 3 tests passed` */
export function watchRunLine(run: RunSummary, isStale: boolean, style: Style): string {
  const took = run.endedAt === undefined ? '' : duration(run.endedAt - run.startedAt);
  const state = isStale ? style.yellow('given up') : stateStyle(run.state, style)(run.state);
  const why = isStale ? 'something changed meanwhile' : plain(run.summary);
  return `  ${padEnd(run.kind, 6)}  ${state}  ${took}  ${style.dim(`run ${run.id}`)}  ${why}`;
}

/**
 * How a round ended, unless its last run said so: what is where now, and how long after the change it was.
 *
 * @param last what the round's last run said
 */
export function roundEnd(
  { done, trouble, changedAt }: Watching,
  last: Pick<RunSummary, 'kind' | 'summary' | 'endedAt' | 'state'> | undefined,
  style: Style,
): string | undefined {
  if (trouble !== undefined) {
    return trouble === last?.summary ? undefined : `  ${style.red('!')} ${plain(trouble)}`;
  }
  if (done === undefined) return undefined;
  const isDeployed = last?.kind === 'deploy' && last.state === 'succeeded' && last.endedAt !== undefined;
  if (!isDeployed) return done === last?.summary ? undefined : `  ${plain(done)}`;
  const after =
    changedAt === undefined || last.endedAt === undefined
      ? ''
      : `healthy ${duration(last.endedAt - changedAt)} after the change: `;
  return `  ${style.green(`${after}${plain(done)}`)}`;
}
