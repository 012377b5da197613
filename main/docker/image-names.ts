import { bodyOf, type Connection } from './connection.ts';
import { splitRef } from './image-ref.ts';
import { inspectImage, removeName } from './images.ts';

/** Which images had these names before a build. */
export type ImageNames = {
  /** Whether nobody had it: whoever has it now got it since. */
  wasFree(tag: string): boolean;
  /** Gives the names back to them; a name that was nobody's is removed. */
  restore(): Promise<void>;
};

export async function rememberNames(
  connection: Connection,
  tags: readonly string[],
  signal: AbortSignal,
): Promise<ImageNames> {
  const before = await Promise.all(
    tags.map(async (tag) => [tag, (await inspectImage(connection, tag, signal))?.Id] as const),
  );
  return {
    wasFree: (tag) => before.some(([name, imageId]) => name === tag && imageId === undefined),
    async restore() {
      for (const [tag, imageId] of before) await restoreName(connection, tag, imageId).catch(() => {});
    },
  };
}

async function restoreName(connection: Connection, tag: string, imageId: string | undefined): Promise<void> {
  await connection.during(undefined, async (signal) => {
    const now = await inspectImage(connection, tag, signal);
    if (now === undefined || now.Id === imageId) return;
    if (imageId === undefined) return removeName(connection, tag, signal);
    const query = { repo: splitRef(tag).repository, tag: splitRef(tag).tag };
    await bodyOf(await connection.send({ method: 'POST', path: `/images/${imageId}/tag`, query, signal }));
  });
}
