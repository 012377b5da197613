import { StringDecoder } from 'node:string_decoder';
import * as z from 'zod';
import type { BuildOutput } from '#main/core/ports.ts';
import type { Vertex } from '#shared/domain/step-events.ts';
import { createTextLines } from '#shared/domain/text-lines.ts';
import type { OutputReader } from './buildkit-output.ts';

const messageSchema = z.object({
  stream: z.string().optional(),
  /** While a base image is pulled. */
  status: z.string().optional(),
  progress: z.string().optional(),
  id: z.string().optional(),
});

/** `Step 2/5 : RUN make`; Podman writes it in capitals and without the space. */
const stepLine = /^step (\d+)\/\d+ ?: (.*)$/i;
/** What the builder says for itself: ` ---> Using cache`, ` ---> Running in 1f2e3d`. */
const ownLine = /^ ?-{2,3}> /;
/** The builder prints what a step writes to its standard error in red. */
const red = '\u001b[91m';
const plain = '\u001b[0m';

/** The builder before BuildKit tells its steps as lines of text: each becomes a vertex when its turn comes. */
export function createClassicReader(now: () => number): OutputReader {
  let output: BuildOutput[] = [];
  let current: Vertex | undefined;
  const out = createTextLines(new StringDecoder('utf8'), (text) => takeLine(text, 'out'));
  const err = createTextLines(new StringDecoder('utf8'), (text) => takeLine(text, 'err'));

  function put(vertex: Vertex): void {
    current = vertex;
    output.push({ kind: 'vertex', vertex });
  }

  function endStep(state: 'done' | 'failed', error?: string): void {
    if (current?.endedAt !== undefined || current === undefined) return;
    const ended = current.state === 'cached' ? 'cached' : state;
    put({ ...current, state: ended, endedAt: now(), ...(error === undefined ? {} : { error }) });
  }

  function takeLine(text: string, stream: 'out' | 'err'): void {
    const [, number, name] = stepLine.exec(text) ?? [];
    if (number !== undefined && name !== undefined) {
      endStep('done');
      const inputs = current === undefined ? [] : [current.id];
      put({ id: `step-${number}`, name, inputs, state: 'running', startedAt: now() });
      return;
    }
    if (ownLine.test(text)) {
      if (/using cache/i.test(text) && current !== undefined) current = { ...current, state: 'cached' };
      if (/> [0-9a-f]{12,64}$/.test(text)) endStep('done');
      return;
    }
    if (/^(Successfully (built|tagged) |Removed intermediate container )/.test(text) || text === '') return;
    const vertexId = current?.id;
    output.push({ kind: 'lines', ...(vertexId === undefined ? {} : { vertexId }), stream, texts: [text] });
  }

  return {
    read(message) {
      const { stream, status, progress, id } = messageSchema.catch({}).parse(message);
      if (stream?.startsWith(red)) {
        err.write(Buffer.from(stream.slice(red.length).replace(plain, '')));
      } else if (stream !== undefined) {
        // What a step left unfinished must not run into what the builder says next.
        if (/^( ?-{2,3}> |step )/i.test(stream)) {
          out.end();
          err.end();
        }
        out.write(Buffer.from(stream));
      }
      if (status !== undefined) {
        output.push({ kind: 'progress', text: [id, status, progress].filter(Boolean).join(' ') });
      }
      const error = errorIn(message);
      if (error !== undefined) endStep('failed', error);
      return taken();
    },
    end() {
      out.end();
      err.end();
      endStep('done');
      return taken();
    },
    failedStep: () => (current?.state === 'failed' ? current.name : undefined),
  };

  function taken(): readonly BuildOutput[] {
    const all = output;
    output = [];
    return all;
  }
}

const errorSchema = z.object({
  error: z.string().optional(),
  errorDetail: z.object({ message: z.string() }).optional(),
});

/** The engine answers 200 before it builds, and says in the stream that it could not. */
export function errorIn(message: unknown): string | undefined {
  const read = errorSchema.safeParse(message);
  return read.success ? (read.data.errorDetail?.message ?? read.data.error) : undefined;
}
