/**
 * The JSON values of a stream with one on each line, as soon as each is complete. dockerode's followProgress decodes
 * each chunk by itself, which breaks characters that are cut, and keeps every value until the end.
 */
export async function* readJsonMessages(stream: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  let pieces: Uint8Array[] = [];
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      pieces.push(chunk.subarray(from, end));
      yield* parse(pieces);
      pieces = [];
      from = end + 1;
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from));
  }
  yield* parse(pieces);
}

function* parse(pieces: readonly Uint8Array[]): Generator<unknown> {
  const text = Buffer.concat(pieces).toString('utf8').trim();
  if (text !== '') yield JSON.parse(text);
}
