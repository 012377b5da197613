import type { Io } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { Observed, ObservedService } from '#shared/domain/observed.ts';
import { type CloudRun, createCloudRun } from './api.ts';
import { type CloudRunConfig, serviceAt } from './config.ts';
import { textOf } from './failures.ts';
import { allToLatest } from './plan.ts';
import { containerIn, digestOf, healthOf, imageOf, isReady, newestFirst, readyOf } from './revisions.ts';
import { type Revision, type Service, shortName, timeOf } from './shapes.ts';
import { followsLatest, type Share, sharesOf, sharesText } from './traffic.ts';

/** What a plan needs and no more: each event that tells what was seen carries them. */
const mostKept = 30;

type Config = Pick<
  CloudRunConfig,
  'project' | 'region' | 'service' | 'credentials' | 'baseUrl' | 'container'
>;

export async function observeService(config: Config, io: Io): Promise<Observed> {
  const at = io.clock.now();
  try {
    const run = createCloudRun(serviceAt(config), io, io.signal);
    const service = await run.findService();
    return service === undefined ? { kind: 'empty', at } : await lookAt(run, service, config, at);
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return { kind: 'unreachable', at, why: error.message };
  }
}

export async function lookAt(run: CloudRun, service: Service, config: Config, at: number): Promise<Observed> {
  const listed = await run.revisions();
  const shares = sharesOf(service);
  const known = new Set(listed.map(({ name }) => shortName(name)));
  const old = await Promise.all(
    shares.filter(({ revision }) => !known.has(revision)).map(({ revision }) => run.revision(revision)),
  );
  const all = newestFirst([...listed, ...old.filter((one) => one !== undefined)]);
  const image = (revision: Revision) => imageOf(revision, config.container);
  const services = servicesOf(config, shares, all);
  const notes = notesOf(config, service, shares, all);
  return {
    kind: 'running',
    at,
    services: [...services],
    settings: settingsOf(config, service, services[0], shares),
    ...(service.uri === undefined ? {} : { address: service.uri }),
    kept: keptOf(all, shares).map((revision) => ({
      revision: shortName(revision.name),
      imageId: digestOf(image(revision)) ?? image(revision),
      isReady: isReady(revision),
    })),
    ...(notes.length === 0 ? {} : { notes: [...notes] }),
  };
}

/** One for each revision that serves, so that a split shows as what it is. */
function servicesOf(
  config: Config,
  shares: readonly Share[],
  all: readonly Revision[],
): readonly ObservedService[] {
  const [newest] = all;
  if (shares.length === 0) {
    if (newest === undefined) return [];
    // Without its name: it is not what serves.
    const { revision: _, ...nothing } = told(config.service, newest, config);
    return [{ ...nothing, state: `serves nothing: ${textOf(readyOf(newest)) ?? 'not ready'}` }];
  }
  return shares.map(({ revision, percent }, index) => {
    const name = index === 0 ? config.service : `${config.service} ${revision}`;
    const found = all.find((one) => shortName(one.name) === revision);
    const part = `${percent} % of traffic`;
    if (found === undefined) {
      const unknown = { name, imageId: '', imageRef: '', revision, ports: [] };
      return { ...unknown, health: 'unknown', state: `${part}, gone` };
    }
    const one = told(name, found, config);
    const trouble = one.health === 'healthy' ? 'ready' : (textOf(readyOf(found)) ?? one.health);
    return { ...one, state: `${part}, ${trouble}` };
  });
}

function told(name: string, revision: Revision, { container }: Config): ObservedService {
  const image = imageOf(revision, container);
  const since = timeOf(revision.createTime);
  return {
    name,
    imageId: digestOf(image) ?? image,
    imageRef: image,
    revision: shortName(revision.name),
    health: healthOf(revision),
    state: '',
    ...(since === 0 ? {} : { since }),
    ports: [],
  };
}

/** The newest, those that serve, and of each image the newest that is ready. */
function keptOf(all: readonly Revision[], shares: readonly Share[]): readonly Revision[] {
  const serving = new Set(shares.map(({ revision }) => revision));
  const seen = new Set<string>();
  const needed = all.filter((revision, index) => {
    const image = JSON.stringify(revision.containers.map((container) => container.image));
    const isFirst = isReady(revision) && !seen.has(image);
    if (isFirst) seen.add(image);
    return index === 0 || isFirst || serving.has(shortName(revision.name));
  });
  const isNeeded = (revision: Revision, index: number) =>
    index < mostKept || serving.has(shortName(revision.name));
  return needed.filter(isNeeded);
}

/** Names and sizes; never a value of its env. */
function settingsOf(
  { container }: Config,
  { template, traffic, ingress }: Service,
  serving: ObservedService | undefined,
  shares: readonly Share[],
): Record<string, string> {
  const runs = containerIn(template.containers, container);
  const { scaling } = template;
  const instances =
    scaling === undefined
      ? undefined
      : `${scaling.minInstanceCount ?? 0} to ${scaling.maxInstanceCount ?? 'the default'}`;
  const all: Readonly<Record<string, string | undefined>> = {
    image: serving?.imageRef,
    traffic: trafficText({ traffic }, shares),
    cpu: runs?.resources?.limits?.cpu,
    memory: runs?.resources?.limits?.memory,
    env: runs?.env
      ?.map(({ name }) => name)
      .sort()
      .join(', '),
    instances,
    concurrency: template.maxInstanceRequestConcurrency?.toString(),
    timeout: template.timeout,
    account: template.serviceAccount,
    ingress,
  };
  return Object.fromEntries(
    Object.entries(all).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    ),
  );
}

function trafficText(service: Pick<Service, 'traffic'>, shares: readonly Share[]): string {
  return followsLatest(service) && shares.length <= 1 ? allToLatest : sharesText(shares);
}

function notesOf(
  { service: name }: Config,
  service: Service,
  shares: readonly Share[],
  all: readonly Revision[],
): readonly string[] {
  const notes: string[] = [];
  const [first] = shares;
  const stays = 'It stays so until a deploy here ends well, or somebody moves it.';
  if (shares.length > 1) {
    notes.push(`The traffic of ${name} is split: ${sharesText(shares)}. ${stays}`);
  } else if (first !== undefined && !followsLatest(service)) {
    notes.push(
      `The traffic of ${name} is pinned to ${first.revision}: what others deploy gets none. ${stays}`,
    );
  }
  const newest = shortName(service.latestCreatedRevision);
  const found = all.find((one) => shortName(one.name) === newest);
  if (found !== undefined && shares.length > 0 && !shares.some(({ revision }) => revision === newest)) {
    const why = healthOf(found) === 'unhealthy' ? `: ${textOf(readyOf(found)) ?? 'it is not ready'}` : '';
    notes.push(`${newest}, the newest revision, gets no traffic${why}`);
  }
  return notes;
}
