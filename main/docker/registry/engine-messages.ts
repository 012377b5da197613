import * as z from 'zod';
import type { Progress } from './progress.ts';

/** One line of what an engine says while it pushes or pulls. Nothing in it is promised by any document. */
const messageSchema = z.object({
  id: z.string().nullish(),
  status: z.string().nullish(),
  progressDetail: z.object({ current: z.number().nullish(), total: z.number().nullish() }).nullish(),
  error: z.string().nullish(),
  errorDetail: z.object({ message: z.string().nullish() }).nullish(),
});

const isLayerDone = /^(?:pushed|layer already exists|already exists|mounted from |pull complete)/i;
/** Said of a layer that has some way to go. */
const isLayerNews =
  /^(?:preparing|waiting|pushing|pulling fs layer|downloading|verifying checksum|download complete|extracting)/i;
/** Bytes that are counted while a layer travels; those of unpacking it are others. */
const isTravelling = /^(?:pushing|downloading)/i;

/** Takes note of a message; answers the engine's sentence when it is an error. */
export function readEngineMessage(message: unknown, progress: Progress): string | undefined {
  const read = messageSchema.safeParse(message).data;
  if (read === undefined) return undefined;
  const { id, status, progressDetail } = read;
  if (id && status && isLayerDone.test(status)) progress.finish(id);
  else if (id && status && isLayerNews.test(status)) {
    const { current, total } = progressDetail ?? {};
    const isCounted = isTravelling.test(status) && typeof current === 'number';
    if (isCounted) progress.reach(id, current, total ?? undefined);
    else if (/^(?:preparing|waiting|pulling)/i.test(status)) progress.reach(id, 0);
  }
  return read.errorDetail?.message || read.error || undefined;
}
