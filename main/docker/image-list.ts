import * as z from 'zod';
import type { ListedImage } from '#main/core/ports.ts';
import type { Connection } from './connection.ts';
import type { EngineAccess } from './engine-access.ts';

const listSchema = z.array(
  z.object({
    Id: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    RepoDigests: z.array(z.string()).nullish(),
    Size: z.number(),
    SharedSize: z.number().nullish(),
  }),
);
export type ListedByEngine = z.infer<typeof listSchema>[number];

/** Every image that an engine has, also those without a name; one call. */
export async function listImages(
  access: EngineAccess,
  signal?: AbortSignal,
): Promise<readonly ListedImage[]> {
  return access.use(signal, async (connection, both) =>
    (await askList(connection, both)).map(({ Id, RepoTags, RepoDigests, Size }) => ({
      imageId: Id,
      // Some engines write names of nothing for images without one.
      names: (RepoTags ?? []).filter((name) => name !== '<none>:<none>').sort(),
      digests: (RepoDigests ?? []).flatMap((named) => named.split('@')[1] ?? []),
      size: Size,
    })),
  );
}

export async function askList(connection: Connection, signal: AbortSignal): Promise<ListedByEngine[]> {
  return connection.ask(listSchema, { method: 'GET', path: '/images/json', signal });
}
