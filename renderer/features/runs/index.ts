export { useKeptQuery } from './kept-query.ts';
export { runStatus } from './run-words.ts';
export { useReleaseFacts } from './use-release-facts.ts';
