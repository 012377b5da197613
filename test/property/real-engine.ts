import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { createEngine } from '#main/docker/engine.ts';
import { run } from '#test/engine/process.ts';
import type { EngineOfCase } from './retention-world.ts';

type Wanted = { readonly dockerBin: string; readonly env: Readonly<Record<string, string>> };

/** A real engine, on which everything has a name of this stage's own. */
export function createRealStage({ dockerBin, env }: Wanted): EngineOfCase {
  const imageName = `gantry-retention-${randomUUID().slice(0, 8)}`;
  const whole = { ...process.env, ...env } as Record<string, string>;
  const engine = createEngine({ env: whole, homeFolder: '/nonexistent' });
  const docker = async (args: readonly string[], input?: Readable) => {
    const ended = await run(dockerBin, args, { env: whole, ...(input === undefined ? {} : { input }) });
    if (ended.code !== 0) throw new Error(`docker ${args.join(' ')}: ${ended.stderr}`);
    return ended.stdout.trim();
  };
  const images = new Map<number, string>();
  const containers: string[] = [];
  const containerIds: string[] = [];
  let known: ReadonlyMap<string, string> = new Map();

  async function names(): Promise<ReadonlyMap<string, string>> {
    const mine = (await engine.images()).flatMap((image) =>
      image.names
        .filter((name) => name.startsWith(`${imageName}:`))
        .map((name) => [name, image.imageId] as const),
    );
    known = new Map(mine);
    return known;
  }

  /** The same content has the same id each time, also after it was removed. */
  async function imageId(content: number): Promise<string> {
    const loaded = images.get(content);
    if (loaded !== undefined && (await engine.image(loaded)) !== undefined) return loaded;
    const name = `${imageName}:loaded${content}`;
    await docker(['load'], imageArchive(`${imageName} ${content}`, name));
    const image = await engine.image(name);
    if (image === undefined) throw new Error('what was loaded is not there');
    images.set(content, image.identity.imageId);
    return image.identity.imageId;
  }

  return {
    imageName,
    engine: {
      ...engine,
      async untag(name) {
        await engine.untag(name);
        known = new Map([...known].filter(([one]) => one !== name));
      },
    },
    imageId,
    async name(id, name) {
      await engine.tag(id, name);
      known = new Map([...known, [name, id]]);
      for (const [content, one] of images)
        if (one === id) await engine.untag(`${imageName}:loaded${content}`);
    },
    unname: (name) => engine.untag(name),
    async startContainer(id) {
      containerIds.push(await docker(['create', '--label', `dev.gantry.test=${imageName}`, id, 'true']));
      containers.push(id);
    },
    containers: () => containers,
    names,
    knownNames: () => known,
    async dispose() {
      if (containerIds.length > 0) await docker(['rm', '--force', ...containerIds]);
      for (const name of (await names()).keys()) await engine.untag(name);
    },
  };
}

/** As `docker save` writes it: one layer with one file. */
function imageArchive(content: string, name: string): Readable {
  const layer = tarOf(content);
  const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['true'] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha(layer)}`] },
      history: [{ created: '2026-01-01T00:00:00Z', created_by: 'COPY content / # buildkit' }],
    }),
  );
  const manifest = [{ Config: `${sha(config)}.json`, RepoTags: [name], Layers: ['layer.tar'] }];
  const archive = pack();
  archive.entry({ name: `${sha(config)}.json` }, config);
  archive.entry({ name: 'layer.tar' }, Buffer.from(layer));
  archive.entry({ name: 'manifest.json' }, JSON.stringify(manifest));
  archive.finalize();
  return Readable.from(archive);
}

/** One file of one block, by hand: what is packed has no times of its own. */
function tarOf(content: string): Uint8Array {
  const header = Buffer.alloc(512);
  const body = Buffer.alloc(512);
  const size = body.write(content);
  header.write('content', 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, body, Buffer.alloc(1024)]);
}
