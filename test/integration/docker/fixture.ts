import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BuildOutput, BuildRequest, Engine } from '#main/core/ports.ts';
import type { Vertex } from '#shared/domain/step-events.ts';

export const never = new AbortController().signal;

/** Every image, container and label of one test file, so that files and people can share an engine. */
export const unique = `gantry-it-${randomUUID().slice(0, 8)}`;
export const labels = { 'dev.gantry.test': unique };

export type Context = { readonly folder: string; remove(): Promise<void> };

export async function makeContext(files: Readonly<Record<string, string | Buffer>>): Promise<Context> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-context-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** With `tag` and `args` of the one image that most tests build. */
export type Wanted = Partial<Omit<BuildRequest, 'images'>> &
  Partial<Omit<BuildRequest['images'][number], 'cell'>>;

export function request(
  context: Context,
  { tag = `${unique}:1`, args = {}, ...more }: Wanted = {},
): BuildRequest {
  return {
    contextFolder: context.folder,
    dockerfile: 'Dockerfile',
    images: [{ tag, args }],
    atOnce: 1,
    labels,
    contexts: {},
    platforms: [],
    cacheFrom: [],
    cacheTo: [],
    noCache: false,
    pull: 'missing',
    network: 'default',
    extraHosts: {},
    provenance: 'off',
    sbom: false,
    secrets: {},
    ssh: [],
    signal: never,
    ...more,
  };
}

export type Built = {
  readonly imageId: string;
  readonly outputs: readonly BuildOutput[];
  readonly lines: readonly string[];
  /** The last state of each step. */
  readonly steps: ReadonlyMap<string, Vertex['state']>;
};

export async function build(
  engine: Engine,
  wanted: BuildRequest,
  onOutput?: (output: BuildOutput) => void,
): Promise<Built> {
  const outputs: BuildOutput[] = [];
  for await (const output of engine.build(wanted)) {
    outputs.push(output);
    onOutput?.(output);
  }
  const last = outputs.at(-1);
  if (last?.kind !== 'image') throw new Error('the build ended without an image');
  const steps = new Map<string, Vertex['state']>();
  for (const output of outputs)
    if (output.kind === 'vertex') steps.set(output.vertex.name, output.vertex.state);
  const lines = outputs.flatMap((output) => (output.kind === 'lines' ? output.texts : []));
  return { imageId: last.imageId, outputs, lines, steps };
}

/** Runs a command in the image; resolves with what it wrote. */
export async function look(engine: Engine, imageId: string, script: string): Promise<readonly string[]> {
  const lines: string[] = [];
  const argv = ['sh', '-c', script];
  const onLine = ({ text }: { readonly text: string }) => lines.push(text);
  const { exitCode } = await engine.runInImage({ imageId, argv, env: {}, labels, signal: never, onLine });
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${lines.join('; ')}`);
  return lines;
}
