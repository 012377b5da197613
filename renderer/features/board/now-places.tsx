import type { BoardEnvironment } from '#shared/domain/board.ts';
import { placesOf } from '#shared/domain/places.ts';
import { StatusWord } from '../../ui/status-word.tsx';
import { healthStatus, healthWords } from './service-health.ts';

/** Of an environment that is several places each one: how it is, and what it runs where they differ. */
export function Places({ environment }: { readonly environment: BoardEnvironment }) {
  const places = placesOf(environment);
  if (places.length === 0) return null;
  return (
    <ul
      aria-label={`Places of ${environment.name}`}
      className="grid grid-cols-[auto_auto_minmax(0,1fr)] gap-x-3"
    >
      {places.map(({ name, health, state, runs, blind }) => (
        <li key={name} className="col-span-full grid grid-cols-subgrid items-baseline">
          <code className="text-ink">{name}</code>
          <span title={state}>
            {blind === undefined ? (
              <StatusWord state={healthStatus[health]} size={12}>
                {healthWords[health]}
              </StatusWord>
            ) : (
              <StatusWord state={blind === 'unreachable' ? 'unreachable' : 'unverified'} size={12}>
                {blind === 'unreachable' ? undefined : 'Cannot be asked'}
              </StatusWord>
            )}
          </span>
          {runs !== undefined && (
            <code className="truncate text-right text-ink-2" title={runs}>
              {runs}
            </code>
          )}
        </li>
      ))}
    </ul>
  );
}
