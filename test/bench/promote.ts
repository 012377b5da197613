/** How long a promotion takes beside `skopeo copy`: `npm run bench:promote`. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { createDocker } from '#main/docker/docker.ts';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { provideSkopeo, type Skopeo } from '#test/engine/skopeo.ts';
import { startRegistryProxy } from '#test/fakes/registry-proxy.ts';
import { penFor } from '#test/integration/registry/fixture.ts';
import { conclude, measureInTurns, ratioOf } from './harness.ts';

const withinRounds = 15;
const acrossRounds = 5;
/** The issue's. */
const withinPerSkopeo = 0.6;
const acrossPerSkopeo = 1.2;
const layerSizes = [100_000_000, 45_000_000, 15_000_000];

const say = (line: string) => process.stderr.write(`${line}\n`);
const execute = promisify(execFile);

async function main(): Promise<number> {
  const skopeo = await provideSkopeo(say);
  const near = await startRegistry();
  const far: TestRegistry[] = [];
  try {
    // Each copy has a registry of its own: skopeo remembers in which repositories of one it has put a layer.
    for (let copies = 2 * (acrossRounds + 1); copies > 0; copies -= 1) far.push(await startRegistry());
    return await measure(skopeo, near.host, far);
  } finally {
    await Promise.all([near, ...far].map((registry) => registry.stop()));
  }
}

async function measure(skopeo: Skopeo, near: string, far: TestRegistry[]): Promise<number> {
  // As in an app that is open: what was promoted before has left its connections.
  const { registry } = createDocker({ env: {}, homeFolder: '/nonexistent' });
  const source = penFor(near, 'dev/app');
  const { digest } = await source.image({ layers: layerSizes.map((size) => randomBytes(size)) });
  const from = `${source.name}@${digest}`;
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
      { name: 'promote within a registry', run: within(promote) },
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
  const [promoted, copied] = inOne;
  const [carried, carriedBySkopeo] = inTwo;
  if (!promoted || !copied || !carried || !carriedBySkopeo) throw new Error('nothing measured');
  return conclude(
    'promote',
    [...inOne, ...inTwo],
    [
      ratioOf('within a registry, app open, beside skopeo', promoted, copied, withinPerSkopeo),
      ratioOf('between registries, beside skopeo', carried, carriedBySkopeo, acrossPerSkopeo),
      {
        what: 'layer bytes through this process, within a registry',
        value: await layerBytes(near, source.repository, digest),
        unit: 'bytes',
        atMost: 0,
        from: 'bodies of all requests for blobs, counted by a proxy in front of the registry',
      },
    ],
  );
}

async function copyBySkopeo({ command, env }: Skopeo, from: string, to: string): Promise<void> {
  const argv = ['--insecure-policy', 'copy', '--quiet', '--src-tls-verify=false', '--dest-tls-verify=false'];
  await execute(command, [...argv, `docker://${from}`, `docker://${to}`], {
    env: { ...process.env, ...env },
  });
}

async function layerBytes(host: string, repository: string, digest: string): Promise<number> {
  const proxy = await startRegistryProxy(host);
  try {
    const { registry } = createDocker({ env: {}, homeFolder: '/nonexistent' });
    await registry.promote(`${proxy.host}/${repository}@${digest}`, `${proxy.host}/counted/app:1`);
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
