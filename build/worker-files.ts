import { join } from 'node:path';
import type { Plugin } from 'rolldown';

/** Entries of threads, by the source that `new URL('./name.ts', import.meta.url)` names. Each becomes dist/…/name.js. */
export const workerSources = (root: string): Readonly<Record<string, string>> => ({
  'contents-worker': join(root, 'main/docker/contents/contents-worker.ts'),
  'watch-worker': join(root, 'main/host/watch-worker.ts'),
});

/** From its source a thread is started by the name of its source; bundled, all files stand in one folder. */
export function workerFiles(): Plugin {
  return {
    name: 'worker-files',
    renderChunk: (code) =>
      code.replace(/new URL\(\s*(["'])\.\/([\w-]+-worker)\.ts\1,/g, 'new URL("./$2.js",'),
  };
}
