import { readFileSync } from 'node:fs';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from 'vitest';
import type { BuildOutput } from '#main/core/ports.ts';
import { createBuildKitReader, type OutputReader } from '#main/docker/buildkit-output.ts';
import { createClassicReader, errorIn } from '#main/docker/classic-output.ts';
import { readJsonMessages } from '#main/docker/json-messages.ts';

/** What Docker 26.1 answered to POST /build, byte for byte. */
function recorded(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/docker/${name}.jsonl`, import.meta.url));
}

async function* inPieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

type Played = {
  readonly outputs: readonly BuildOutput[];
  readonly error: string | undefined;
  readonly reader: OutputReader;
};

async function play(name: string, reader: OutputReader, size = 65_536): Promise<Played> {
  const outputs: BuildOutput[] = [];
  let error: string | undefined;
  for await (const message of readJsonMessages(inPieces(recorded(name), size))) {
    outputs.push(...reader.read(message));
    error ??= errorIn(message);
  }
  outputs.push(...reader.end());
  return { outputs, error, reader };
}

/** The last state of every step, in order of appearance. */
function states({ outputs }: Played): Record<string, string> {
  const last: Record<string, string> = {};
  for (const output of outputs) {
    if (output.kind === 'vertex') last[output.vertex.name] = output.vertex.state;
  }
  return last;
}

function linesOf({ outputs }: Played, stream: 'out' | 'err'): readonly string[] {
  return outputs.flatMap((output) =>
    output.kind === 'lines' && output.stream === stream ? output.texts : [],
  );
}

describe('BuildKit', () => {
  test('a first build: every step is done, and its lines are whole', async () => {
    const played = await play('buildkit-fresh', createBuildKitReader());
    expect(states(played)).toMatchObject({
      '[build 2/3] COPY a.txt /src/': 'done',
      '[stage-1 2/3] COPY --from=build /src/a.txt /a.txt': 'done',
      'exporting to image': 'done',
    });
    expect(linesOf(played, 'out')).toEqual(['out 1 €', 'out 2 €', 'out 3 €', 'no end', '100%', '€']);
    expect(linesOf(played, 'err')).toEqual(['err 1', 'err 2', 'err 3']);
    expect(played.error).toBeUndefined();
  });

  test.each([1, 7, 1_000])('in pieces of %d bytes it is the same', async (size) => {
    const whole = await play('buildkit-fresh', createBuildKitReader());
    expect((await play('buildkit-fresh', createBuildKitReader(), size)).outputs).toEqual(whole.outputs);
  });

  test('a step goes from waiting to running to done, with times, after what it needs', async () => {
    const { outputs } = await play('buildkit-fresh', createBuildKitReader());
    const vertices = outputs.flatMap((output) => (output.kind === 'vertex' ? [output.vertex] : []));
    const copy = vertices.filter(({ name }) => name === '[build 2/3] COPY a.txt /src/');
    expect(copy.map(({ state }) => state)).toEqual(['waiting', 'running', 'done']);
    const { startedAt = 0, endedAt = 0 } = copy.at(-1) ?? {};
    expect(new Date(startedAt).getUTCFullYear()).toBe(2026);
    expect(endedAt - startedAt).toBeGreaterThanOrEqual(0);
    expect(endedAt - startedAt).toBeLessThan(10_000);
    const run = vertices.find(({ name }) => name.startsWith('[build 3/3] RUN'));
    expect(run?.inputs).toEqual([copy[0]?.id]);
  });

  test('a line belongs to its step and comes before the step ends', async () => {
    const { outputs } = await play('buildkit-fresh', createBuildKitReader());
    const line = outputs.findIndex((output) => output.kind === 'lines' && output.texts.includes('no end'));
    const end = outputs.findIndex(
      (output) =>
        output.kind === 'vertex' && output.vertex.name.includes('no end') && output.vertex.state === 'done',
    );
    expect(line).toBeGreaterThan(0);
    expect(line).toBeLessThan(end);
    const [found, step] = [outputs[line], outputs[end]];
    expect(found?.kind === 'lines' && step?.kind === 'vertex' && found.vertexId === step.vertex.id).toBe(
      true,
    );
  });

  test('nothing is said twice', async () => {
    const reader = createBuildKitReader();
    const { outputs } = await play('buildkit-fresh', reader);
    const messages = recorded('buildkit-fresh').toString('utf8').trim().split('\n');
    const last = messages.findLast((message) => message.includes('moby.buildkit.trace')) ?? '';
    expect(outputs.some(({ kind }) => kind === 'vertex')).toBe(true);
    expect(reader.read(JSON.parse(last)).filter(({ kind }) => kind === 'vertex')).toEqual([]);
  });

  test('a build again: steps are cached', async () => {
    const played = await play('buildkit-cached', createBuildKitReader());
    const steps = Object.entries(states(played)).filter(([name]) => /RUN|COPY/.test(name));
    expect(steps.length).toBeGreaterThan(3);
    expect(steps.map(([, state]) => state)).toEqual(steps.map(() => 'cached'));
    expect(linesOf(played, 'out')).toEqual([]);
  });

  test('a step that fails is named', async () => {
    const played = await play('buildkit-failing', createBuildKitReader());
    expect(played.reader.failedStep()).toBe('[stage-1 4/4] RUN echo bad >&2; exit 7');
    expect(linesOf(played, 'err')).toEqual(['bad']);
    expect(played.error).toContain('exit code: 7');
    expect(states(played)).not.toHaveProperty('exporting to image');
  });

  test('a step that is stopped because another failed is cancelled', async () => {
    const played = await play('buildkit-parallel', createBuildKitReader());
    expect(states(played)).toMatchObject({
      '[slow 2/2] RUN sleep 5': 'cancelled',
      '[bad 2/2] RUN sleep 0.3; exit 4': 'failed',
    });
    expect(played.reader.failedStep()).toBe('[bad 2/2] RUN sleep 0.3; exit 4');
  });

  test('a Dockerfile that cannot be read fails no step', async () => {
    const played = await play('buildkit-malformed', createBuildKitReader());
    expect(played.reader.failedStep()).toBeUndefined();
    expect(played.error).toContain('unknown instruction: FRM');
  });
});

describe('what a build rarely says', () => {
  const trace = (fill: (writer: BinaryWriter) => BinaryWriter) => ({
    id: 'moby.buildkit.trace',
    aux: Buffer.from(fill(new BinaryWriter()).finish()).toString('base64'),
  });
  const message = (writer: BinaryWriter, field: number, fill: (inner: BinaryWriter) => BinaryWriter) =>
    fill(writer.tag(field, 2).fork()).join();
  const log = (writer: BinaryWriter, vertex: string, stream: number, bytes: Uint8Array) =>
    message(writer, 3, (inner) =>
      inner.tag(1, 2).string(vertex).tag(3, 0).int64(stream).tag(4, 2).bytes(bytes),
    );

  test('a character that is cut over two messages, while another step writes', () => {
    const reader = createBuildKitReader();
    const euro = Buffer.from('€\n');
    const outputs = [
      ...reader.read(trace((writer) => log(writer, 'a', 1, euro.subarray(0, 1)))),
      ...reader.read(
        trace((writer) => log(log(writer, 'b', 1, Buffer.from('b\n')), 'a', 2, Buffer.from('err\n'))),
      ),
      ...reader.read(trace((writer) => log(writer, 'a', 1, euro.subarray(1)))),
    ];
    expect(outputs).toEqual([
      { kind: 'lines', vertexId: 'b', stream: 'out', texts: ['b'] },
      { kind: 'lines', vertexId: 'a', stream: 'err', texts: ['err'] },
      { kind: 'lines', vertexId: 'a', stream: 'out', texts: ['€'] },
    ]);
  });

  test('a warning is a line of its step', () => {
    const warning = trace((writer) =>
      message(writer, 4, (inner) =>
        inner
          .tag(1, 2)
          .string('a')
          .tag(3, 2)
          .bytes(Buffer.from('JSONArgsRecommended'))
          .tag(4, 2)
          .bytes(Buffer.from('use a list'))
          .tag(5, 2)
          .string('https://docs.docker.com/go/x'),
      ),
    );
    const texts = createBuildKitReader().read(warning);
    expect(texts).toEqual([
      {
        kind: 'lines',
        vertexId: 'a',
        stream: 'err',
        texts: ['warning: JSONArgsRecommended', 'use a list', 'https://docs.docker.com/go/x'],
      },
    ]);
  });

  test('progress has amounts', () => {
    const status = (current: number, total: number) =>
      trace((writer) =>
        message(writer, 2, (inner) =>
          inner
            .tag(1, 2)
            .string('extracting')
            .tag(2, 2)
            .string('a')
            .tag(4, 0)
            .int64(current)
            .tag(5, 0)
            .int64(total),
        ),
      );
    let time = 0;
    const reader = createBuildKitReader('Dockerfile', () => {
      time += 1_000;
      return time;
    });
    expect([...reader.read(status(1_500_000, 40_000_000)), ...reader.read(status(0, 0))]).toEqual([
      { kind: 'progress', text: 'extracting 1.5 MB of 40.0 MB' },
      { kind: 'progress', text: 'extracting' },
    ]);
  });

  test('fields of a newer engine are passed over', () => {
    const newer = trace((writer) =>
      log(writer.tag(99, 2).string('new').tag(98, 0).int64(5), 'a', 1, Buffer.from('x\n')),
    );
    expect(createBuildKitReader().read(newer)).toEqual([
      { kind: 'lines', vertexId: 'a', stream: 'out', texts: ['x'] },
    ]);
  });

  test('a step is not taken for cancelled because it talks of it', () => {
    const failing = trace((writer) =>
      message(writer, 1, (inner) =>
        inner
          .tag(1, 2)
          .string('a')
          .tag(7, 2)
          .string('process "echo context canceled" did not complete: exit code: 1'),
      ),
    );
    expect(createBuildKitReader().read(failing)).toMatchObject([{ vertex: { state: 'failed' } }]);
  });
});

describe('the builder before BuildKit', () => {
  const clock = () => {
    let now = 0;
    return () => ++now;
  };

  test('its lines become steps', async () => {
    const played = await play('classic-failing', createClassicReader(clock()));
    expect(states(played)).toEqual({
      'FROM gantry-test-base:1': 'done',
      'COPY a.txt /': 'done',
      'RUN echo out; echo err >&2; sleep 0.2; printf "no end"': 'done',
      'RUN echo "€"; exit 3': 'failed',
    });
    expect(linesOf(played, 'out')).toEqual(['out', 'no end', '€']);
    expect(linesOf(played, 'err')).toEqual(['err']);
    expect(played.reader.failedStep()).toBe('RUN echo "€"; exit 3');
  });

  test('a step taken from the cache', async () => {
    const played = await play('classic-cached', createClassicReader(clock()));
    expect(Object.values(states(played))).toEqual(['done', 'cached', 'cached']);
    expect(linesOf(played, 'out')).toEqual([]);
  });

  test('Podman writes it a little differently', () => {
    const reader = createClassicReader(clock());
    const said = [
      'STEP 1/2: FROM busybox\n',
      'STEP 2/2: RUN true\n',
      '--> Using cache 1f2e3d4c5b6a\n',
      'COMMIT x\n',
    ];
    const outputs = [...said.flatMap((stream) => reader.read({ stream })), ...reader.end()];
    expect(states({ outputs, error: undefined, reader })).toEqual({
      'FROM busybox': 'done',
      'RUN true': 'cached',
    });
  });

  test('a pull is progress', () => {
    const pulling = { status: 'Downloading', progress: '[=>   ] 1MB/5MB', id: 'a1b2' };
    expect(createClassicReader(clock()).read(pulling)).toEqual([
      { kind: 'progress', text: 'a1b2 Downloading [=>   ] 1MB/5MB' },
    ]);
  });
});

test('a stream that is cut within a message says so', async () => {
  const cut = recorded('buildkit-fresh').subarray(0, -20);
  const read = async () => {
    for await (const message of readJsonMessages(inPieces(cut, 1_000))) expect(message).toBeTypeOf('object');
  };
  await expect(read()).rejects.toThrow(SyntaxError);
});
