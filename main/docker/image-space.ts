import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { FreedSpace } from '#main/core/ports.ts';
import type { Connection } from './connection.ts';
import type { EngineAccess } from './engine-access.ts';
import { askList } from './image-list.ts';
import { refInPath } from './image-ref.ts';
import { inspectImage } from './images.ts';

const historySchema = z.array(
  z.object({ CreatedBy: z.string().nullish(), Size: z.number(), Comment: z.string().nullish() }),
);
type Entry = z.infer<typeof historySchema>[number];

/** An engine may have hundreds of images, and answers few questions at once. */
const atOnce = 8;

/**
 * The layers of these images that no other image has. What the engine's build cache keeps of them, and with the
 * containerd store the packed layers beside the unpacked ones, it does not tell.
 */
export async function spaceOf(
  access: EngineAccess,
  imageIds: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<FreedSpace> {
  return access.use(signal, async (connection, both) => {
    const listed = (await askList(connection, both)).map(({ Id }) => Id);
    const chains = new Map<string, readonly string[]>();
    await inTurns(listed, async (id) => {
      const image = await inspectImage(connection, id, both);
      if (image !== undefined) chains.set(id, chainsOf(image.RootFS?.Layers ?? []));
    });
    const kept = new Set([...chains].filter(([id]) => !imageIds.has(id)).flatMap(([, chain]) => chain));
    const freed = new Map<string, number>();
    let isAtLeast = (await connection.imageStore(both)) === 'containerd';
    for (const id of imageIds) {
      const chain = chains.get(id);
      if (chain === undefined) continue;
      const sizes = await layerSizes(connection, id, chain.length, both);
      if (sizes === undefined) isAtLeast = true;
      for (const [index, layer] of chain.entries())
        if (!kept.has(layer)) freed.set(layer, sizes?.[index] ?? 0);
    }
    return { bytes: [...freed.values()].reduce((sum, size) => sum + size, 0), isAtLeast };
  });
}

async function inTurns(items: readonly string[], work: (item: string) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** A layer is stored once for each stack it lies on (the image specification's ChainID). */
export function chainsOf(diffIds: readonly string[]): readonly string[] {
  const chains: string[] = [];
  for (const diffId of diffIds) {
    const below = chains.at(-1);
    chains.push(
      below === undefined
        ? diffId
        : `sha256:${createHash('sha256').update(`${below} ${diffId}`).digest('hex')}`,
    );
  }
  return chains;
}

/** Bytes of each layer, lowest first; undefined where the history cannot be matched with the layers. */
async function layerSizes(
  connection: Connection,
  imageId: string,
  layers: number,
  signal: AbortSignal,
): Promise<readonly number[] | undefined> {
  const path = `/images/${refInPath(imageId)}/history`;
  return sizesOf(await connection.ask(historySchema, { method: 'GET', path, signal }), layers);
}

/** The history has entries that made no layer, and the engine does not say which. */
export function sizesOf(history: readonly Entry[], layers: number): readonly number[] | undefined {
  const made = history.filter(({ Size, CreatedBy }) => Size > 0 || makesLayer.test(CreatedBy ?? ''));
  return made.length === layers ? made.map(({ Size }) => Size).reverse() : undefined;
}

/** As BuildKit and the classic builder write those of their steps that can make an empty layer. */
const makesLayer = /^(RUN|COPY|ADD|WORKDIR) |^\/bin\/sh -c (?!#\(nop\))|#\(nop\)\s+(ADD|COPY|WORKDIR) /;
