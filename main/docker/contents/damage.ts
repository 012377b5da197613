import { GantryError } from '#shared/domain/errors.ts';

/** What cannot be read as the layers of an image, in the port's words. Errors that are already in them stay. */
export function damaged(error: unknown): GantryError {
  if (error instanceof GantryError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new GantryError(
    'engine-refused',
    `A layer of the image cannot be read: ${why}.`,
    'The image may be damaged: build or pull it again.',
    { cause: error },
  );
}

export function rethrowDamage(error: unknown): never {
  throw damaged(error);
}
