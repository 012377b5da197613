import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startFakeCloudRun } from '#test/fakes/cloud-run/server.ts';
import { type Asked, type RegistryProxy, startRegistryProxy } from '#test/fakes/registry-proxy.ts';
import { serviceId } from '#test/fakes/render/account.ts';
import { type FakeRender, startFakeRender } from '#test/fakes/render/server.ts';
import type { GantryWorld } from '#test/gantry-process.ts';
import type { EngineProxy } from '#test/integration/docker-control/proxy.ts';
import { liveIn } from '../kill-world.ts';

/** Digest of a name in the world's registry, asked of the registry itself. */
export type DigestOf = (name: string, tag: string) => Promise<string | undefined>;

/** A kind of place that a campaign promotes to and kills in; what it truly runs is asked of the place itself. */
export type CampaignPlace = {
  readonly name: string;
  readonly environment: string;
  /** `target: …` and what belongs to it, as in gantry.yml. */
  readonly yaml: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** The release that runs there, whole and healthy; undefined for any other state. */
  runs(world: GantryWorld, releases: readonly string[]): Promise<string | undefined>;
  /** How often a release was begun there, of which one run must begin one; absent where twice is as good. */
  begun?(release: string): Promise<number>;
  /** Nobody can be asked what runs there. */
  readonly isBlind?: true;
  /** The next answer to what changes something gets lost after it was carried out; answers whether one has been. */
  loseAnswer?(): () => boolean;
  stop?(): Promise<void>;
};

// Asked several times, so that there is time for a clock to be set meanwhile.
const checked = 'health: { http: /healthz, interval: 50ms, successes: 5, deadline: 1m }';
const unordered = 'gates: { order: false, tests: false }';

function composePlace(name: string, environment: string, target: string, health: string): CampaignPlace {
  return {
    name,
    environment,
    yaml: `    target: ${target}\n    ${health}\n    ${unordered}\n`,
    async runs(world) {
      const live = await liveIn(world, environment);
      const [one] = live;
      return live.length === 1 && one?.health === 'healthy' ? one.release : undefined;
    },
  };
}

/** With `rolling.yml`, which publishes no fixed port. */
const rolling = () =>
  composePlace(
    'compose, rolling',
    'prod',
    '{ kind: compose, file: rolling.yml, strategy: rolling, drain: { wait: 0s } }',
    'health: { interval: 50ms, deadline: 1m }\n    confirm: click',
  );

/** Behind a proxy, so that an answer of it can be lost. */
const registry = (proxy: RegistryProxy, digestOf: DigestOf): CampaignPlace => ({
  name: 'registry',
  environment: 'tags',
  yaml: `    envFile: .env.prod\n    target: { kind: registry, repository: "${proxy.host}/team/tags", tag: live }\n    ${unordered}\n`,
  async runs(_world, releases) {
    const live = await digestOf('team/tags', 'live');
    const digests = await Promise.all(releases.map((release) => digestOf('team/tags', release)));
    return live === undefined ? undefined : releases[digests.indexOf(live)];
  },
  loseAnswer() {
    const isMove = ({ method, path }: Asked) => method === 'PUT' && path === '/v2/team/tags/manifests/live';
    proxy.reset();
    proxy.inject({ when: isMove, trouble: { kind: 'lose-answer' }, times: 1 });
    return () => proxy.seen.some(isMove);
  },
  stop: proxy.stop,
});

function renderPlace(fake: FakeRender, by: 'key' | 'hook', host: string, digestOf: DigestOf): CampaignPlace {
  const name = `team/render-${by}`;
  const how = by === 'key' ? 'apiKey: "secret://env/RENDER_KEY"' : 'deployHook: "secret://env/RENDER_HOOK"';
  const { account } = fake;
  const live = () => account.service.deploys.find(({ status }) => status === 'live')?.image.sha;
  return {
    name: by === 'key' ? 'render' : 'render, by hook',
    environment: `render-${by}`,
    yaml: `    envFile: .env.prod\n    target: { kind: render, service: ${serviceId}, repository: "${host}/${name}", ${how}, poll: 20ms, baseUrl: "${fake.baseUrl}", hookBase: "${fake.hookBase}" }\n    ${unordered}\n`,
    variables: by === 'key' ? { RENDER_KEY: account.apiKey } : { RENDER_HOOK: fake.hook },
    async runs(_world, releases) {
      const digests = await Promise.all(releases.map((release) => digestOf(name, release)));
      const sha = live();
      return sha === undefined ? undefined : releases[digests.indexOf(sha)];
    },
    async begun(release) {
      const digest = await digestOf(name, release);
      return account.service.deploys.filter(({ image }) => image.sha === digest).length;
    },
    loseAnswer() {
      const deploys = by === 'key' ? /^POST \/v1\/services\/[^/]+\/deploys/ : /\/deploy\//;
      const before = account.asked.length;
      account.loseAnswer(deploys);
      return () => account.asked.slice(before).some((line) => deploys.test(line));
    },
    ...(by === 'hook' ? { isBlind: true as const } : {}),
    stop: fake.stop,
  };
}

/** Two services as one environment: only where both have a release does it run whole. */
function several(fakes: readonly FakeRender[], host: string, digestOf: DigestOf): CampaignPlace {
  const name = 'team/several';
  const members = fakes.map(
    ({ baseUrl, hookBase }, index) =>
      `member-${index}: { kind: render, service: ${serviceId}, repository: "${host}/${name}", apiKey: "secret://env/SEVERAL_KEY", poll: 20ms, baseUrl: "${baseUrl}", hookBase: "${hookBase}" }`,
  );
  const all = fakes.map(({ account }) => account.service);
  return {
    name: 'several',
    environment: 'several',
    yaml: `    envFile: .env.prod\n    target: { kind: several, targets: { ${members.join(', ')} } }\n    ${unordered}\n`,
    variables: { SEVERAL_KEY: fakes[0]?.account.apiKey ?? '' },
    async runs(_world, releases) {
      const digests = await Promise.all(releases.map((release) => digestOf(name, release)));
      const live = all.map(({ deploys }) => deploys.find(({ status }) => status === 'live')?.image.sha);
      const [sha, ...others] = [...new Set(live)];
      return sha === undefined || others.length > 0 ? undefined : releases[digests.indexOf(sha)];
    },
    async begun(release) {
      const digest = await digestOf(name, release);
      return Math.max(
        ...all.map(({ deploys }) => deploys.filter(({ image }) => image.sha === digest).length),
      );
    },
    async stop() {
      await Promise.all(fakes.map((fake) => fake.stop()));
    },
  };
}

async function cloudRun(host: string, digestOf: DigestOf): Promise<CampaignPlace> {
  const name = 'team/cloud';
  const repository = `${host}/${name}`;
  const fake = await startFakeCloudRun({ project: 'acme', region: 'europe-west1', token: 'ya29.campaign' });
  fake.project.addService('shop', [{ name: 'web', image: `${repository}@sha256:${'0'.repeat(64)}` }]);
  const imagesOf = () => fake.project.service('shop').revisions.map(({ containers }) => containers[0]?.image);
  return {
    name: 'cloud-run',
    environment: 'cloud',
    yaml: `    envFile: .env.prod\n    target: { kind: cloud-run, project: acme, region: europe-west1, service: shop, repository: "${repository}", credentials: { accessToken: "secret://env/CLOUD_TOKEN" }, baseUrl: "${fake.baseUrl}" }\n    ${unordered}\n`,
    variables: { CLOUD_TOKEN: 'ya29.campaign' },
    async runs(_world, releases) {
      const digests = await Promise.all(releases.map((release) => digestOf(name, release)));
      const { statuses, revisions } = fake.project.service('shop');
      const all = statuses.find(({ percent }) => percent === 100)?.revision;
      const image = revisions.find((revision) => revision.name === all)?.containers[0]?.image;
      return releases[digests.findIndex((digest) => digest !== undefined && image?.endsWith(digest))];
    },
    async begun(release) {
      const digest = await digestOf(name, release);
      return imagesOf().filter((image) => digest !== undefined && image?.endsWith(digest)).length;
    },
    loseAnswer() {
      const before = fake.project.changes();
      fake.project.loseNext('PATCH');
      return () => fake.project.changes() > before;
    },
    stop: fake.stop,
  };
}

function named(kind: string, isBlind: boolean): Pick<CampaignPlace, 'name' | 'environment' | 'isBlind'> {
  if (!isBlind) return { name: kind, environment: kind };
  return { name: `${kind}, blind`, environment: `${kind}-blind`, isBlind };
}

/** Something that deploys when it is called, and tells what is live; a blind one is never asked. */
async function webhook(isBlind: boolean): Promise<CampaignPlace> {
  const calls: string[] = [];
  let live = '';
  let isLost = false;
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      const release = await text(request);
      calls.push(release);
      live = release;
      const loses = isLost;
      isLost = false;
      if (loses) return void request.socket.destroy();
    }
    response.end(JSON.stringify({ live }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = `http://127.0.0.1:${address.port}/deploy`;
  const observe = `, observe: { url: "${url}", json: live, poll: 20ms, deadline: 5s }`;
  return {
    ...named('webhook', isBlind),
    yaml: `    envFile: .env.prod\n    target: { kind: webhook, url: "${url}", body: "{{release}}"${isBlind ? '' : observe} }\n    ${unordered}\n`,
    runs: async () => live,
    begun: async (release) => calls.filter((call) => call === release).length,
    loseAnswer() {
      isLost = true;
      return () => !isLost;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A program that writes down what it was told, and another that reads it, unless it is blind. */
async function command(isBlind: boolean): Promise<CampaignPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-campaign-'));
  await writeFile(join(folder, 'live'), '');
  const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => '');
  const script = `echo $1 >> ${folder}/begun; sleep 0.1; echo $1 > ${folder}/live`;
  const observe = `, observe: { run: [cat, "${folder}/live"], poll: 20ms, deadline: 5s }`;
  return {
    ...named('command', isBlind),
    yaml: `    envFile: .env.prod\n    target: { kind: command, run: [sh, -c, '${script}', sh, "{{release}}"]${isBlind ? '' : observe} }\n    ${unordered}\n`,
    runs: async () => (await read('live')).trim(),
    begun: async (release) => (await read('begun')).split('\n').filter((line) => line === release).length,
    stop: () => rm(folder, { recursive: true }),
  };
}

/** On the engine itself, which is in a swarm. The image asks for no health of its own: a task that is up is well. */
const swarm = (engine: EngineProxy): CampaignPlace => ({
  name: 'swarm',
  environment: 'swarm',
  yaml: `    envFile: .env.prod\n    target: { kind: swarm, update: { monitor: 100ms } }\n    health: { interval: 50ms, deadline: 1m }\n    ${unordered}\n`,
  async runs({ docker, workspace }) {
    const service = `${workspace.name}-swarm`;
    // One that was told to go gets no requests any more, and may take its whole stop timeout.
    const which = ['--no-trunc', '--quiet', '--filter', 'desired-state=running'];
    const tasks = (await docker('service', 'ps', ...which, service)).split('\n');
    const format = '{{.Label "com.docker.swarm.task.id"}} {{.Label "dev.gantry.release"}} {{.Status}}';
    const label = `label=com.docker.swarm.service.name=${service}`;
    const lines = (await docker('ps', '--filter', label, '--format', format)).split('\n');
    const [one = ''] = lines.filter((line) => line.startsWith(`${tasks[0]} `));
    return tasks.length === 1 && one.includes(' Up ') ? one.split(' ')[1] : undefined;
  },
  loseAnswer: () => engine.loseAnswer(/^POST \S*\/services\/[^/]+\/update/),
});

/** A new kind of target is one more here. */
export async function startPlaces(
  host: string,
  digestOf: DigestOf,
  swarmEngine: EngineProxy | undefined,
): Promise<readonly CampaignPlace[]> {
  const account = (name: string) => ({ apiKey: 'rnd_key', imagePath: `${host}/team/${name}:latest` });
  const [key, hook, ...two] = await Promise.all([
    startFakeRender(account('render-key')),
    startFakeRender(account('render-hook')),
    startFakeRender(account('several')),
    startFakeRender(account('several')),
  ]);
  for (const fake of [key, hook, ...two]) fake.account.goThrough('queued', 'live');
  return [
    composePlace('compose', 'staging', '{ kind: compose }', checked),
    rolling(),
    registry(await startRegistryProxy(host), digestOf),
    renderPlace(key, 'key', host, digestOf),
    renderPlace(hook, 'hook', host, digestOf),
    await cloudRun(host, digestOf),
    await webhook(false),
    await webhook(true),
    await command(false),
    await command(true),
    several(two, host, digestOf),
    ...(swarmEngine === undefined ? [] : [swarm(swarmEngine)]),
  ];
}
