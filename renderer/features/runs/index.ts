export { refuseTag } from './git-tag-words.ts';
export { useKeptQuery } from './kept-query.ts';
export { NotesList } from './notes-list.tsx';
export { runStatus, sinceWords } from './run-words.ts';
export { useReleaseFacts } from './use-release-facts.ts';
export { useReleaseNotes } from './use-release-notes.ts';
