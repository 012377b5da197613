/** A sentence that goes on: its full stop, if it has one, comes at the end of all. */
export function goingOn(sentence: string, clause: string): string {
  return `${sentence.replace(/(?<!\.)\.$/, '')}; ${clause}`;
}
