import { createHash } from 'node:crypto';
import type { ImageFacts } from '#shared/domain/image.ts';
import { tarOf, type Written } from './archive.ts';

export type SampleLayer = { readonly diffId: string; readonly bytes: Buffer };

export function sampleLayer(...entries: readonly Written[]): SampleLayer {
  const bytes = tarOf(entries);
  return { diffId: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes };
}

export function sampleImage(letter: string, layers: readonly SampleLayer[]): ImageFacts {
  return {
    identity: { imageId: `sha256:${letter.repeat(64)}`, manifestDigests: {} },
    ...{ tags: [], size: 1, platform: 'linux/amd64', layers: layers.map(({ diffId }) => diffId) },
    config: { entrypoint: [], command: [], envKeys: [], ports: [], user: '', workingDir: '', labels: {} },
  };
}

export const base = sampleLayer(
  { name: 'etc/', type: '5' },
  { name: 'etc/os-release', content: 'PRETTY_NAME="Sample 1"\n' },
  { name: 'app/shared', content: 'shared' },
);
export const before = sampleLayer({ name: 'app/main', content: 'one' });
export const after = sampleLayer(
  { name: 'app/main', content: 'three' },
  { name: 'app/shared', content: 'taken' },
);
/** Puts another content at the same path as `before`. */
export const again = sampleLayer({ name: 'app/main', content: 'seven' });
export const left = sampleImage('1', [base, before]);
export const right = sampleImage('2', [base, after]);
