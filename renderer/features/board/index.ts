/** What other features may use of the board. */
export { RunTitle } from './run-title.tsx';
export { limitWords } from './step-limit.ts';
