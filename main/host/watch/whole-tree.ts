import { watch } from 'node:fs';
import { toBytes } from './binary-path.ts';
import type { TreeOptions, WatchedTree } from './folder-tree.ts';

/**
 * Where the system watches a folder with all that is below it by itself: macOS and Windows. Nothing tells there when all
 * that has happened has been told.
 */
export function watchWhole({
  root,
  onPath,
  onDoubt,
  onEnd,
}: Pick<TreeOptions, 'root' | 'onPath' | 'onDoubt' | 'onEnd'>): WatchedTree {
  const options = { recursive: true, encoding: 'buffer' } as const;
  const watcher = watch(toBytes(root), options, (_kind, bytes: Buffer | null) => {
    // Windows: its buffer was too small.
    if (bytes === null) return onDoubt('the system lost events');
    const name = bytes.toString('latin1').replaceAll('\\', '/');
    if (!/(^|\/)\.git(\/|$)/.test(name)) onPath(`${root}/${name}`);
  });
  watcher.on('error', (error) => {
    onDoubt(`watching failed: ${error.message}`);
    onEnd(error.message);
  });
  return { check: () => {}, renew: () => {}, close: () => watcher.close() };
}
