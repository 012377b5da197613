import { createCipheriv, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { baseImage } from '#test/engine/base-image.ts';

export type ContextKind = 'A' | 'B';

export type BuildContext = {
  readonly folder: string;
  /** Of one COPY of its own in B. Each time other bytes, of the same length. */
  changeOneFile(): Promise<void>;
};

const folders = 200;
const filesPerFolder = 100;
const fileLength = 8_000;

/** One `COPY . /app` for all, or two: the files that change most have one of their own. */
const dockerfiles: Readonly<Record<ContextKind, readonly string[]>> = {
  A: ['COPY . /app'],
  B: ['COPY base /app/base', 'COPY src /app/src'],
};

/** 20,000 files, 160 MB, with bytes that cannot be compressed. */
export async function createBuildContext(folder: string, kind: ContextKind): Promise<BuildContext> {
  const bytes = endlessBytes();
  for (let index = 0; index < folders; index += 1) {
    const below = join(folder, index === 0 ? 'src' : join('base', `package-${index}`));
    await mkdir(below, { recursive: true });
    const names = Array.from({ length: filesPerFolder }, (_, file) => `file-${file}.js`);
    await Promise.all(names.map((name) => writeFile(join(below, name), bytes(fileLength))));
  }
  const dockerfile = [`FROM ${baseImage}`, ...dockerfiles[kind], ''].join('\n');
  await writeFile(join(folder, 'Dockerfile'), dockerfile);
  return {
    folder,
    changeOneFile: () => writeFile(join(folder, 'src', 'file-7.js'), randomBytes(fileLength)),
  };
}

/** A key stream is made faster than the system's random bytes. */
function endlessBytes(): (length: number) => Buffer {
  const cipher = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16));
  return (length) => cipher.update(Buffer.alloc(length));
}
