import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { BuildOutput, BuildRequest, Engine } from '#main/core/ports.ts';
import { createEngine } from '#main/docker/engine.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { Vertex } from '#shared/domain/step-events.ts';
import { type Context, makeContext, request, unique, type Wanted } from '../docker/fixture.ts';

const execute = promisify(execFile);

export const from = 'FROM gantry-test-base:1\n';

export type Told = {
  readonly outputs: readonly BuildOutput[];
  /** Of steps, not of the engine itself. */
  readonly lines: readonly string[];
  readonly notes: readonly string[];
  readonly images: readonly { readonly cell?: string; readonly imageId: string }[];
  readonly sent: readonly Extract<BuildOutput, { kind: 'sent' }>[];
  /** The last that was told of each. */
  readonly vertices: readonly Vertex[];
  /** Why it failed. Anything but an error of ours fails the test. */
  readonly failure?: GantryError;
};

/** An engine, and what a test makes on it. */
export type World = {
  readonly engine: Engine;
  readonly env: Readonly<Record<string, string | undefined>>;
  context(files: Readonly<Record<string, string | Buffer>>): Promise<Context>;
  tag(): string;
  build(context: Context, wanted?: WantedBuild, onOutput?: (output: BuildOutput) => void): Promise<Told>;
  docker(...argv: readonly string[]): Promise<string>;
  clean(): Promise<void>;
};

export type WantedBuild = Wanted & { readonly images?: BuildRequest['images'] };

export function createWorld(engineEnv: Readonly<Record<string, string>>, name: string): World {
  const env = { ...process.env, ...engineEnv };
  const engine = createEngine({ env, homeFolder: '/nonexistent' });
  const contexts: Context[] = [];
  const tags: string[] = [];
  const world: World = {
    engine,
    env,
    async context(files) {
      const made = await makeContext(files);
      contexts.push(made);
      return made;
    },
    tag() {
      const tag = `${unique}-${name}:${tags.length}`;
      tags.push(tag);
      return tag;
    },
    async build(context, { images, ...wanted } = {}, onOutput) {
      const plain = request(context, { tag: wanted.tag ?? world.tag(), ...wanted });
      return hear(engine, images === undefined ? plain : { ...plain, images }, onOutput);
    },
    docker: async (...argv) => (await execute('docker', argv, { env, maxBuffer: 1 << 28 })).stdout.trim(),
    async clean() {
      for (const made of contexts.splice(0)) await made.remove();
      for (const tag of tags.splice(0)) await engine.untag(tag);
    },
  };
  return world;
}

async function hear(
  engine: Engine,
  wanted: BuildRequest,
  onOutput?: (output: BuildOutput) => void,
): Promise<Told> {
  const outputs: BuildOutput[] = [];
  let failure: GantryError | undefined;
  try {
    for await (const output of engine.build(wanted)) {
      outputs.push(output);
      onOutput?.(output);
    }
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    failure = error;
  }
  const vertices = new Map<string, Vertex>();
  for (const output of outputs) if (output.kind === 'vertex') vertices.set(output.vertex.id, output.vertex);
  const texts = (isOfStep: boolean) =>
    outputs.flatMap((output) =>
      output.kind === 'lines' && (output.vertexId !== undefined) === isOfStep ? output.texts : [],
    );
  return {
    outputs,
    lines: texts(true),
    notes: texts(false),
    images: outputs.flatMap((output) => (output.kind === 'image' ? [output] : [])),
    sent: outputs.flatMap((output) => (output.kind === 'sent' ? [output] : [])),
    vertices: [...vertices.values()],
    ...(failure === undefined ? {} : { failure }),
  };
}

/** Throws when the build failed. */
export function built(told: Told): string {
  if (told.failure !== undefined) throw told.failure;
  const [image] = told.images;
  if (image === undefined) throw new Error('the build ended without an image');
  return image.imageId;
}

export function step(told: Told, name: string | RegExp): Vertex {
  const found = told.vertices.find((vertex) =>
    typeof name === 'string' ? vertex.name.includes(name) : name.test(vertex.name),
  );
  if (found === undefined) throw new Error(`no step ${name}: ${told.vertices.map((each) => each.name)}`);
  return found;
}

/** Whether a process on this machine has this in its command; an engine's containers are visible on Linux. */
export async function isRunning(command: string): Promise<boolean> {
  const { stdout } = await execute('ps', ['-eo', 'args']);
  return stdout.split('\n').some((line) => line.trim() === command);
}
