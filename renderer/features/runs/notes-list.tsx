import type { NoteEntry } from '#shared/domain/release-notes.ts';
import { groupNotes } from '#shared/domain/release-notes.ts';
import { Bones } from '../../ui/bones.tsx';
import { count } from '../../ui/format.ts';
import { CommitSha } from '../../ui/identity.tsx';
import type { NotesState } from './use-release-notes.ts';

/** A release's commits, grouped by what they say of themselves. */
export function NotesList({ state: { notes, trouble } }: { readonly state: NotesState }) {
  if (trouble !== undefined) {
    return (
      <p className="text-ink-2">
        {trouble.message} <span className="text-ink-3">{trouble.hint}</span>
      </p>
    );
  }
  if (notes === undefined) return <Bones label="Loading the notes" lines={['72%', '58%', '64%']} />;
  if (notes.commits.length === 0) return <p className="text-ink-3">No commits came in</p>;
  const more = notes.total - notes.commits.length;
  return (
    <div className="grid gap-2">
      {groupNotes(notes).map((group) => (
        <section key={group.id} aria-label={group.title}>
          <h4 className="text-11/4.5 text-ink-3">{group.title}</h4>
          <ul>
            {group.entries.map((entry) => (
              <Entry key={entry.sha} entry={entry} />
            ))}
          </ul>
        </section>
      ))}
      {more > 0 && <p className="text-ink-3">and {count(more, 'earlier commit')}</p>}
    </div>
  );
}

function Entry({ entry: { sha, author, scope, text, breaking } }: { readonly entry: NoteEntry }) {
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)_auto] gap-x-2">
      <CommitSha sha={sha} />
      <span className="break-words text-ink">
        {scope !== undefined && <span className="font-medium">{scope}: </span>}
        {text}
      </span>
      <span className="text-ink-3 max-wide:hidden">{author}</span>
      {breaking !== undefined && <span className="col-start-2 break-words text-warn">{breaking}</span>}
    </li>
  );
}
