/** What other features may use of the board. */
export { RunTitle } from './run-title.tsx';
