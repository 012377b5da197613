import { StringDecoder } from 'node:string_decoder';
import * as z from 'zod';
import type { Engine, RunInImageResult } from '#main/core/ports.ts';
import { createTextLines } from '#shared/domain/text-lines.ts';
import { bodyOf, type Connection } from './connection.ts';
import { removeContainer } from './containers.ts';
import type { EngineAccess } from './engine-access.ts';
import { createFrameReader } from './output-frames.ts';

type RunRequest = Parameters<Engine['runInImage']>[0];

const createdSchema = z.object({ Id: z.string() });
const waitedSchema = z.object({ StatusCode: z.number() });

/** The command takes the place of the image's entrypoint: a test is not meant to start the server. */
export async function runInImage(access: EngineAccess, request: RunRequest): Promise<RunInImageResult> {
  const connection = await access.connection(request.signal);
  return connection.during(request.signal, async (signal) => {
    const [program, ...args] = request.argv;
    const body = {
      Image: request.imageId,
      Entrypoint: program === undefined ? [] : [program],
      Cmd: args,
      Env: Object.entries(request.env).map(([key, value]) => `${key}=${value}`),
      Labels: request.labels,
      Healthcheck: { Test: ['NONE'] },
      AttachStdout: true,
      AttachStderr: true,
    };
    const path = '/containers/create';
    // Not ended by an abort, or a container would stay whose id nobody learned.
    const created = await connection.during(undefined, (ownSignal) =>
      connection.ask(createdSchema, { method: 'POST', path, body, signal: ownSignal }),
    );
    try {
      const exitCode = await runContainer(connection, created.Id, request, signal);
      if (request.collect === undefined) return { exitCode };
      // With a reader of archives, that few tests need.
      const { collectFile } = await import('./collect-file.ts');
      const collected = await collectFile(connection, created.Id, request.collect, signal);
      return { exitCode, ...(collected === undefined ? {} : { collected }) };
    } finally {
      await connection.during(undefined, (ownSignal) => removeContainer(connection, created.Id, ownSignal));
    }
  });
}

async function runContainer(
  connection: Connection,
  id: string,
  request: RunRequest,
  signal: AbortSignal,
): Promise<number> {
  const path = `/containers/${id}`;
  const query = { stream: 'true', stdout: 'true', stderr: 'true' };
  const output = await connection.send({ method: 'POST', path: `${path}/attach`, query, signal });
  const [out, err] = [lines(request, 'out'), lines(request, 'err')];
  const read = createFrameReader(({ stream, bytes }) => (stream === 'out' ? out : err).write(bytes));
  await bodyOf(await connection.send({ method: 'POST', path: `${path}/start`, signal }));
  for await (const chunk of output) read(chunk);
  out.end();
  err.end();
  const waited = await connection.ask(waitedSchema, { method: 'POST', path: `${path}/wait`, signal });
  return waited.StatusCode;
}

function lines({ onLine }: RunRequest, stream: 'out' | 'err') {
  return createTextLines(new StringDecoder('utf8'), (text) => onLine({ stream, text }));
}
