import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startRegistry } from '#test/engine/registry.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { startProxy } from '#test/integration/docker-control/proxy.ts';
import { openStalledLedger, type StalledLedger } from '../stalled-ledger.ts';
import { createTestClock, type TestClock } from './clock.ts';
import { type CampaignPlace, type DigestOf, startPlaces } from './places.ts';

export type CampaignWorld = {
  readonly world: GantryWorld;
  readonly ledger: StalledLedger;
  readonly places: readonly CampaignPlace[];
  /** Of every Gantry in it. */
  readonly clock: TestClock;
  /** Two that ran in dev, so that each promotion brings another than the last. */
  readonly releases: readonly [string, string];
  remove(): Promise<void>;
};

/** A workspace with dev and one environment for each kind of place. */
export async function createCampaignWorld(
  engine?: Parameters<typeof createGantryWorld>[0],
  /** Of the engine that it is on, where that is in a swarm. */
  swarmHost?: string,
): Promise<CampaignWorld> {
  const registry = await startRegistry();
  const proxy = swarmHost === undefined ? undefined : await startProxy(swarmHost);
  const places = await startPlaces(registry.host, digestIn(registry.host), proxy);
  const clock = await createTestClock();
  const variables = Object.assign({}, clock.variables, ...places.map((place) => place.variables ?? {}));
  const host = proxy === undefined ? {} : { DOCKER_HOST: proxy.dockerHost };
  const world = await createGantryWorld(engine, { ...variables, ...host });
  const { workspace } = world;
  await workspace.edit('gantry.yml', (text) => {
    const head = text.slice(0, text.indexOf('environments:')).replace(/^tests:\n( .*\n|\n)*/m, '');
    const dev =
      '  dev:\n    envFile: .env.dev\n    target: { kind: compose }\n    health: { interval: 50ms }\n';
    const others = places.map(({ environment, yaml }) => `  ${environment}:\n${yaml}`);
    return `${head}environments:\n${dev}${others.join('')}`;
  });
  let composeFile = '';
  await workspace.edit('compose.yml', (text) => {
    composeFile = text;
    return text.replace('interval: 10s', 'interval: 1s');
  });
  const free = composeFile.replace(/127\.0\.0\.1:\$\{PORT[^}]*\}:8080/, '127.0.0.1::8080');
  await writeFile(join(workspace.folder, 'rolling.yml'), free.replace('interval: 10s', 'interval: 200ms'));
  await world.done('build', '--trust');
  await world.done('deploy', 'dev', '--yes');
  await workspace.changeALine();
  await world.done('build');
  await world.done('deploy', 'dev', '--yes');
  const built = (await world.history()).flatMap((run) => (run.kind === 'build' ? [run.release ?? ''] : []));
  const ledger = openStalledLedger(workspace.home);
  return {
    world,
    ledger,
    places,
    clock,
    releases: [built[1] ?? '', built[0] ?? ''],
    async remove() {
      ledger.close();
      await world.remove();
      await Promise.all([registry.stop(), clock.remove(), ...places.map((place) => place.stop?.())]);
      await proxy?.close();
    },
  };
}

function digestIn(host: string): DigestOf {
  const kinds = ['docker.distribution.manifest.v2', 'docker.distribution.manifest.list.v2'].map(
    (kind) => `application/vnd.${kind}+json`,
  );
  const oci = ['manifest', 'index'].map((kind) => `application/vnd.oci.image.${kind}.v1+json`);
  return async (name, tag) => {
    const answer = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, {
      method: 'HEAD',
      headers: { accept: [...kinds, ...oci].join(', ') },
    });
    return answer.status === 200 ? (answer.headers.get('docker-content-digest') ?? undefined) : undefined;
  };
}
