import type { EnvironmentName } from '#shared/domain/ids.ts';
import type { WatchState } from '#shared/domain/watch.ts';

export type Watching = Extract<WatchState, { kind: 'on' }>;

/** How the loop stands: what it does now, or why its newest round did not come through. */
export type WatchStanding = 'waiting' | 'busy' | 'trouble';

export function watchStanding(watch: Watching): WatchStanding {
  if (watch.phase !== 'waiting') return 'busy';
  return watch.trouble === undefined ? 'waiting' : 'trouble';
}

/** "waiting for changes", "building", "deploying to dev". */
export function phaseWords({ phase, environment }: Watching): string {
  switch (phase) {
    case 'waiting':
      return 'waiting for changes';
    case 'settling':
      return 'changes are settling';
    case 'building':
      return 'building';
    case 'deploying':
      return environment === undefined ? 'deploying' : `deploying to ${environment}`;
  }
}

/** "src/app.ts", "src/app.ts and 2 more"; nothing where no change is named. */
export function changedWords({
  changed,
  changedMore = 0,
}: Pick<Watching, 'changed' | 'changedMore'>): string | undefined {
  const [first, ...others] = changed;
  if (first === undefined) return undefined;
  const more = others.length + changedMore;
  return more === 0 ? first : `${first} and ${more} more`;
}

/** What the loop does, in a sentence: for the switch's description and whoever cannot see its icon. */
export function watchSentence(watch: WatchState): string {
  if (watch.kind === 'off') return 'Off. On: every change is built, tested and deployed by itself.';
  const where =
    watch.environment === undefined
      ? 'Builds and tests every change'
      : `Brings every change to ${watch.environment}`;
  if (watchStanding(watch) === 'trouble')
    return `${where}. The last one did not get through: ${watch.trouble}`;
  return `${where}. Now: ${phaseWords(watch)}.`;
}

/** The loop, where it brings changes to this environment. */
export function watchInto(watch: WatchState | undefined, environment: EnvironmentName): Watching | undefined {
  return watch?.kind === 'on' && watch.environment === environment ? watch : undefined;
}
