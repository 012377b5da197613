import type { BoardEnvironment } from '#shared/domain/board.ts';
import { useBoard } from '../../stores/stores.tsx';
import { seenNow } from './environment-standing.ts';

/** What a person should know of the place itself, such as a split of its traffic or a deploy by others. */
export function Notes({ environment }: { readonly environment: BoardEnvironment }) {
  const lastSeen = useBoard((state) => state.lastSeen[environment.name]);
  const observed = seenNow(environment, lastSeen);
  const notes = observed.kind === 'running' ? (observed.notes ?? []) : [];
  if (notes.length === 0) return null;
  return (
    <ul aria-label={`Notes on ${environment.name}`} className="flex flex-col gap-1">
      {notes.map((note) => (
        <li key={note} className="line-clamp-3 wrap-anywhere" title={note}>
          {note}
        </li>
      ))}
    </ul>
  );
}
