import * as z from 'zod';
import { bodyOf, type Connection } from '../connection.ts';
import { refInPath } from '../image-ref.ts';

const historySchema = z.array(z.object({ CreatedBy: z.string().nullish(), Size: z.number() }));
type Line = { readonly createdBy: string; readonly size: number };

export type History =
  /** The engine does not have the image. */
  | { readonly kind: 'gone' }
  /** One for each layer, lowest first; undefined where it cannot be told which line made which. */
  | { readonly kind: 'known'; readonly lines: readonly string[] | undefined };

/** The lines of the build behind the layers. The engine lists lines that made none among them, and says nothing of it. */
export async function readHistory(
  connection: Connection,
  imageId: string,
  layers: number,
  signal: AbortSignal,
): Promise<History> {
  const path = `/images/${refInPath(imageId)}/history`;
  const answer = await connection.send({ method: 'GET', path, signal, accept: [404] });
  const body = await bodyOf(answer);
  if (answer.statusCode === 404) return { kind: 'gone' };
  const lines = historySchema
    .parse(JSON.parse(body.toString('utf8')))
    .toReversed()
    .map(({ CreatedBy, Size }) => ({ createdBy: CreatedBy ?? '', size: Size }));
  return { kind: 'known', lines: linesOfLayers(lines, layers) };
}

/** Bytes of each layer, lowest first, as the engine counts them; `undefined` where they cannot be told apart. */
export async function readLayerSizes(
  connection: Connection,
  imageId: string,
  layers: number,
  signal: AbortSignal,
): Promise<readonly number[] | undefined> {
  const path = `/images/${refInPath(imageId)}/history`;
  const listed = await connection.ask(historySchema, { method: 'GET', path, signal });
  const lines = listed
    .toReversed()
    .map(({ CreatedBy, Size }) => ({ createdBy: CreatedBy ?? '', size: Size }));
  return layersAmong(lines, layers)?.map(({ size }) => size);
}

/** A layer may be empty, so that its size alone does not tell it from a line like ENV. */
export function linesOfLayers(lines: readonly Line[], layers: number): readonly string[] | undefined {
  return layersAmong(lines, layers)?.map(({ createdBy }) => createdBy);
}

function layersAmong(lines: readonly Line[], layers: number): readonly Line[] | undefined {
  const guesses = [
    ({ createdBy, size }: Line) => size > 0 || !isMetadata(createdBy),
    // BuildKit makes a layer for a WORKDIR that has to be made, and none for one that is there.
    ({ createdBy, size }: Line) => size > 0 || !(isMetadata(createdBy) || isWorkdir(createdBy)),
    ({ size }: Line) => size > 0,
    () => true,
  ];
  for (const guess of guesses) {
    const found = lines.filter(guess);
    if (found.length === layers) return found;
  }
  return undefined;
}

function isMetadata(createdBy: string): boolean {
  return /^(?:\/bin\/sh -c #\(nop\) +)?(?:ARG|CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME)\b/.test(
    createdBy,
  );
}

function isWorkdir(createdBy: string): boolean {
  return /^(?:\/bin\/sh -c #\(nop\) +)?WORKDIR\b/.test(createdBy);
}
