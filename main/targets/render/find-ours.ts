import type { Io } from '#main/core/ports/target.ts';
import type { RenderApi } from './api.ts';
import { digestIn } from './image.ts';
import type { RenderDeploy } from './shapes.ts';

/** The header that tells Render's time has whole seconds. */
const roundingMs = 2_000;
const looks = 10;
/** The most that Render lists at once. */
const limit = 100;

export type Sought = {
  readonly digest: string;
  /** How long ago it was asked for. */
  readonly sinceMs: () => number;
  readonly pollMs: number;
};

/**
 * The deploy that a request made whose answer was lost: of this image, through the API, since it was sent. Render's clock
 * may be another than ours. A request that is still on its way gets some time to show.
 */
export async function findOurs(
  api: RenderApi,
  sought: Sought,
  io: Pick<Io, 'clock' | 'signal'>,
): Promise<RenderDeploy | undefined> {
  for (let look = 1; ; look++) {
    const { deploys, serverNow } = await api.deploys({ limit });
    const found = oursIn(deploys, sought.digest, (serverNow ?? io.clock.now()) - sought.sinceMs());
    if (found !== undefined || look === looks) return found;
    await io.clock.sleep(sought.pollMs, io.signal);
  }
}

/**
 * The oldest: whoever deployed the same image after us has another.
 * @param since when it was asked for, by Render's clock
 */
export function oursIn(
  deploys: readonly RenderDeploy[],
  digest: string,
  since: number,
): RenderDeploy | undefined {
  return deploys.findLast(
    ({ createdAt, trigger, image }) =>
      Date.parse(createdAt ?? '') >= since - roundingMs &&
      (trigger ?? 'api') === 'api' &&
      (digestIn(image?.ref) ?? digestIn(image?.sha)) === digest,
  );
}
