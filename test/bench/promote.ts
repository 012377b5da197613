/** How long a promotion takes beside `skopeo copy`, and a comparison of two images: `npm run bench:promote`. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createDocker } from '#main/docker/docker.ts';
import { buildIfOld, builtGantry } from '#test/built-parts.ts';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { provideSkopeo, type Skopeo } from '#test/engine/skopeo.ts';
import { startEngine } from '#test/engine/start.ts';
import { startRegistryProxy } from '#test/fakes/registry-proxy.ts';
import { type CompareRows, compareRows } from './compare-rows.ts';
import { conclude, type Figure, type Measured, measureInTurns, ratioOf, type Subject } from './harness.ts';
import { createPromotionWorld, type PromotionWorld } from './promotion-world.ts';

const withinRounds = 15;
const acrossRounds = 5;
/** The issue's. */
const withinPerSkopeo = 0.6;
const coldPerSkopeo = 2.5;
const acrossPerSkopeo = 1.2;
const layerSizes = [100_000_000, 45_000_000, 15_000_000];

const say = (line: string) => process.stderr.write(`${line}\n`);
const execute = promisify(execFile);

async function main(): Promise<number> {
  // Figures of an older one would be of use to nobody.
  await buildIfOld('cli');
  const skopeo = await provideSkopeo(say);
  const engine = await startEngine({ say });
  const near = await startRegistry();
  const far: TestRegistry[] = [];
  try {
    // Each copy has a registry of its own: skopeo remembers in which repositories of one it has put a layer.
    for (let copies = 2 * (acrossRounds + 1); copies > 0; copies -= 1) far.push(await startRegistry());
    const world = await createPromotionWorld(engine, near.host, layerSizes);
    try {
      const carried = await measure(skopeo, world, near.host, far);
      const compared = [
        await compareRows(engine, { label: 'in a registry', registry: near.host }),
        await compareOnContainerd(),
        await compareRows(engine, { label: 'on the classic store alone' }),
      ];
      return await conclude(
        'promote',
        [...carried.measured, ...compared.flatMap(({ measured }) => measured)],
        [...carried.figures, ...compared.flatMap(({ figures }) => figures)],
      );
    } finally {
      await world.remove();
    }
  } finally {
    await Promise.all([near, ...far].map((registry) => registry.stop()));
    await engine.stop();
  }
}

async function measure(
  skopeo: Skopeo,
  world: PromotionWorld,
  near: string,
  far: TestRegistry[],
): Promise<{ readonly measured: readonly Measured[]; readonly figures: readonly Figure[] }> {
  // As in an app that is open: what was promoted before has left its connections.
  const { registry } = createDocker({ env: {}, homeFolder: '/nonexistent' });
  const from = world.source;
  let count = 0;
  const promote = (to: string) => registry.promote(from, to);
  const copy = (to: string) => copyBySkopeo(skopeo, from, to);
  /** To a repository that nobody has used. */
  const within = (carry: (to: string) => Promise<unknown>) => async () => {
    count += 1;
    await carry(`${near}/prod/app${count}:1`);
    return undefined;
  };
  /** To a registry that nobody has used. */
  const across = (carry: (to: string) => Promise<unknown>) => async () => {
    const fresh = far.pop();
    if (fresh === undefined) throw new Error('too few registries were started');
    await carry(`${fresh.host}/prod/app:1`);
    return () => fresh.stop();
  };
  const inOne = await measureInTurns(
    [
      promotionInApp(world),
      promotionByCommand(world),
      { name: 'its transfer within a registry', run: within(promote) },
      { name: 'skopeo copy within a registry', run: within(copy) },
    ],
    withinRounds,
  );
  const inTwo = await measureInTurns(
    [
      { name: 'promote between registries', run: across(promote) },
      { name: 'skopeo copy between registries', run: across(copy) },
    ],
    acrossRounds,
  );
  const [promoted, cold, , copied] = inOne;
  const [carried, carriedBySkopeo] = inTwo;
  if (!promoted || !cold || !copied || !carried || !carriedBySkopeo) throw new Error('nothing measured');
  return {
    measured: [...inOne, ...inTwo],
    figures: [
      ratioOf(
        'within a registry, from start to success, app open, beside skopeo',
        promoted,
        copied,
        withinPerSkopeo,
      ),
      ratioOf('within a registry, command line, beside skopeo', cold, copied, coldPerSkopeo),
      ratioOf('between registries, beside skopeo', carried, carriedBySkopeo, acrossPerSkopeo),
      {
        what: 'layer bytes through this process, within a registry',
        value: await layerBytes(near, from.slice(near.length + 1)),
        unit: 'bytes',
        atMost: 0,
        from: 'bodies of all requests for blobs, counted by a proxy in front of the registry',
      },
    ],
  };
}

async function compareOnContainerd(): Promise<CompareRows> {
  const engine = await startEngine({ store: 'containerd' });
  try {
    return await compareRows(engine, { label: 'on the containerd store' });
  } finally {
    await engine.stop();
  }
}

/** The plan is on the screen when the clock starts; it stops with the event of success. */
function promotionInApp(world: PromotionWorld): Subject {
  let start: (() => Promise<void>) | undefined;
  return {
    name: 'a promotion, from its start to its success, app open',
    async prepare() {
      start = await world.plan(await world.freshEnvironment());
    },
    async run() {
      await start?.();
      return undefined;
    },
  };
}

function promotionByCommand({ folder, env, freshEnvironment }: PromotionWorld): Subject {
  let to = '';
  return {
    name: 'gantry deploy, installed',
    async prepare() {
      to = await freshEnvironment();
    },
    async run() {
      await execute(process.execPath, [builtGantry, '-C', folder, 'deploy', to, '--yes', '--json'], { env });
      return undefined;
    },
  };
}

async function copyBySkopeo({ command, env }: Skopeo, from: string, to: string): Promise<void> {
  const argv = ['--insecure-policy', 'copy', '--quiet', '--src-tls-verify=false', '--dest-tls-verify=false'];
  await execute(command, [...argv, `docker://${from}`, `docker://${to}`], {
    env: { ...process.env, ...env },
  });
}

async function layerBytes(host: string, image: string): Promise<number> {
  const proxy = await startRegistryProxy(host);
  try {
    const { registry } = createDocker({ env: {}, homeFolder: '/nonexistent' });
    await registry.promote(`${proxy.host}/${image}`, `${proxy.host}/counted/app:1`);
    const blobs = proxy.seen.filter(({ path }) => path.includes('/blobs/'));
    if (blobs.length < layerSizes.length) throw new Error('the proxy has seen too little');
    return blobs.reduce((sum, { sent, received }) => sum + sent + received, 0);
  } finally {
    await proxy.stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 2;
}
