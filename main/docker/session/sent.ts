import type { ContextSent } from './serve-files.ts';

/** What was sent in two turns, as if in one: a file that went twice is one. */
export function addSent(earlier: ContextSent | undefined, later: ContextSent): ContextSent {
  if (earlier === undefined) return later;
  const names = [...new Set([...earlier.names, ...later.names])].sort();
  const twice = earlier.names.length + later.names.length - names.length;
  return {
    kind: 'sent',
    files: earlier.files + later.files - twice,
    bytes: earlier.bytes + later.bytes,
    names,
    isFirst: earlier.isFirst || later.isFirst,
  };
}
