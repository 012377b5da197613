import { createIdentities, type Identities } from './identities.ts';
import {
  type Asked,
  type Containers,
  refusal,
  type Told,
  type Traffic,
  told,
  type Update,
  updateMaskPaths,
  updateSchema,
  waitSchema,
} from './requests.ts';
import {
  type Condition,
  etagOf,
  type FakeRevision,
  type FakeService,
  reconciling,
  revisionJson,
  serviceJson,
  statusesOf,
  succeeded,
} from './service.ts';

export type ProjectOptions = {
  readonly project: string;
  readonly region: string;
  /** The only bearer token that is taken, until it is renewed. */
  readonly token: string;
  readonly now: () => number;
};

/** Why the next revisions do not become ready. */
export type Flaw = { readonly reason?: string; readonly revisionReason?: string; readonly message: string };

/** `lost`: it was done, and nobody hears of it. */
export type Answer = ({ readonly kind: 'told' } & Told) | { readonly kind: 'lost' };

/**
 * A region of a Google Cloud project as far as Gantry asks of it, made from the API's published description
 * (googleapis: google/cloud/run/v2/*.proto). It keeps services, revisions and operations.
 */
export type FakeProject = {
  answer(asked: Asked): Answer;
  addService(id: string, containers: Containers, template?: Readonly<Record<string, unknown>>): void;
  /** Where services serve; the server says. */
  servesAt(origin: string): void;
  /** The revision that a request to this path of the origin reaches, and the rest of the path. */
  route(
    path: string,
  ): { readonly image: string; readonly revision: string; readonly path: string } | undefined;
  service(id: string): FakeService;
  /** Its own address. */
  uriOf(id: string): string;
  /** From now on only these may call it, and a request has to say who it is of. */
  makePrivate(id: string, invokers: readonly string[]): void;
  /** What a request to this path of the origin is refused with before it reaches a revision. */
  refusal(path: string, headers: Asked['headers']): 401 | 403 | undefined;
  readonly identities: Identities;
  /** From now on this one is taken, and the one before has ended. */
  renewToken(next: string): void;
  /** How often something became different by a request. */
  changes(): number;
  readonly requests: readonly Asked[];

  /** Operations take this long from now on. */
  takesMs(ms: number): void;
  /** From now on no new revision becomes ready. */
  breakRevisions(flaw: Flaw | undefined): void;
  /** The next request of this method gets this answer and is not carried out; `times` of them. */
  answerNext(method: string, answer: Told, times?: number): void;
  /** The next request of this method that is more than a trial is carried out, and its answer lost. */
  loseNext(method: string): void;
  /** Happens right before the next change is looked at; `times` of them. */
  beforeNextUpdate(what: () => void, times?: number): void;

  /** What others do, at once. */
  deployElsewhere(id: string, image: string): string;
  setTraffic(id: string, traffic: Traffic): void;
};

type Operation = {
  readonly name: string;
  readonly doneAt: number;
  readonly finish: () => void;
  done: boolean;
  error?: string;
};

const byRevision = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';
const servicePath = /^\/v2\/(projects\/[^/]+\/locations\/[^/]+\/services\/([^/:]+))$/;
const revisionsPath =
  /^\/v2\/(projects\/[^/]+\/locations\/[^/]+\/services\/([^/:]+))\/revisions(?:\/([^/:]+))?$/;
const operationPath = /^\/v2\/(projects\/[^/]+\/locations\/[^/]+\/operations\/[^/:]+)(:wait)?$/;

export function createFakeProject({ project, region, token, now }: ProjectOptions): FakeProject {
  const parent = `projects/${project}/locations/${region}`;
  const services = new Map<string, FakeService>();
  const operations = new Map<string, Operation>();
  const requests: Asked[] = [];
  const scripted: { method: string; answer: Told | 'lost' }[] = [];
  const hooks: (() => void)[] = [];
  const invokers = new Map<string, readonly string[]>();
  const identities = createIdentities(token);
  let taken = token;
  let origin = 'https://run.example';
  let takes = 0;
  let flaw: Flaw | undefined;
  let changes = 0;
  let made = 0;
  let routed = 0;

  const uriOf = (id: string) => `${origin}/serve/${id}`;
  const settle = (service: FakeService) => {
    service.statuses = statusesOf(service, (tag) => `${origin}/tagged/${service.id}/${tag}`);
  };
  const tick = () => {
    for (const operation of operations.values()) {
      if (operation.done || now() < operation.doneAt) continue;
      operation.done = true;
      operation.finish();
    }
  };
  const begin = (service: FakeService, finish: (operation: Operation) => void): Operation => {
    made += 1;
    const name = `${parent}/operations/op-${made}`;
    const operation: Operation = {
      name,
      doneAt: now() + takes,
      done: false,
      finish: () => finish(operation),
    };
    operations.set(name, operation);
    service.reconciling = true;
    service.terminal = reconciling('Ready', 'Deploying revision.');
    return operation;
  };
  const operationJson = ({ name, done, error }: Operation) => ({
    name,
    ...(done ? { done } : {}),
    ...(error === undefined ? {} : { error: { code: 9, message: error } }),
  });

  const makeRevision = (service: FakeService, broken: Flaw | undefined): (() => Condition) => {
    made += 1;
    const number = String(service.revisions.length + 1).padStart(5, '0');
    const name = service.nextName ?? `${service.id}-${number}-abc`;
    const revision: FakeRevision = {
      name,
      createTime: new Date(Date.UTC(2026, 0, 1) + made * 1_000).toISOString(),
      containers: service.containers,
      ready: reconciling('Ready', 'Starting the container.'),
    };
    service.revisions.push(revision);
    service.created = name;
    return () => {
      revision.ready =
        broken === undefined ? succeeded('Ready') : { type: 'Ready', state: 'CONDITION_FAILED', ...broken };
      if (broken === undefined) service.ready = name;
      return revision.ready;
    };
  };

  const whatIsWrong = (service: FakeService, { traffic, template }: Update): Told | undefined => {
    if (
      template?.revision !== undefined &&
      service.revisions.some(({ name }) => name === template.revision)
    ) {
      return refusal(409, 'ALREADY_EXISTS', `Revision named '${template.revision}' already exists.`);
    }
    if (traffic === undefined || traffic.length === 0) return undefined;
    const whole = traffic.reduce((sum, { percent = 0 }) => sum + percent, 0);
    const tags = traffic.flatMap(({ tag }) => tag ?? []);
    const known = new Set(service.revisions.map(({ name }) => name));
    const unknown = traffic.find(
      ({ type, revision }) => (type === byRevision) !== (revision !== undefined && known.has(revision)),
    );
    if (whole !== 100) return invalid(`The percentages of traffic must be 100 together, not ${whole}.`);
    if (new Set(tags).size < tags.length) return invalid('A tag is given twice.');
    return unknown === undefined ? undefined : invalid(`No such traffic target: ${JSON.stringify(unknown)}`);
  };

  const update = (id: string, query: URLSearchParams, text: string): Told => {
    for (const hook of hooks.splice(0, 1)) hook();
    const service = services.get(id);
    const parsed = updateSchema.safeParse(JSON.parse(text));
    if (service === undefined) return notFound(id);
    if (!parsed.success) return invalid(`Invalid JSON payload: ${parsed.error.message}`);
    const mask = (query.get('updateMask') ?? '').split(',');
    const strange = mask.find((path) => !updateMaskPaths.includes(path));
    if (strange !== undefined) return invalid(`The mask has no field "${strange}".`);
    const body = parsed.data;
    if (body.name !== `${parent}/services/${id}`) return invalid('The name is not that of the path.');
    if (body.etag !== undefined && body.etag !== etagOf(service)) {
      return refusal(409, 'ABORTED', `Conflict for resource '${id}': it has changed since it was read.`);
    }
    const wrong = whatIsWrong(service, body);
    if (wrong !== undefined) return wrong;
    if (query.get('validateOnly') === 'true') return told(200, { name: '', done: true });
    return told(200, operationJson(carryOut(service, mask, body, query.get('forceNewRevision') === 'true')));
  };

  const carryOut = (
    service: FakeService,
    mask: readonly string[],
    body: Update,
    force: boolean,
  ): Operation => {
    changes += 1;
    service.generation += 1;
    if (mask.includes('template.revision')) service.nextName = body.template?.revision;
    const containers = mask.includes('template.containers') ? body.template?.containers : undefined;
    const differs =
      containers !== undefined && JSON.stringify(containers) !== JSON.stringify(service.containers);
    if (containers !== undefined) service.containers = containers;
    if (mask.includes('traffic')) service.traffic = body.traffic ?? [];
    const finish = differs || force ? makeRevision(service, flaw) : undefined;
    return begin(service, (operation) => {
      const ready = finish?.();
      service.reconciling = false;
      if (ready?.state === 'CONDITION_FAILED') {
        const message = `Revision '${service.created}' is not ready and cannot serve traffic. ${ready.message ?? ''}`;
        service.terminal = { type: 'Ready', state: 'CONDITION_FAILED', reason: 'REVISION_FAILED', message };
        operation.error = message;
        return;
      }
      service.terminal = succeeded('Ready');
      settle(service);
    });
  };

  const dispatch = ({ method, path, body }: Asked): Told => {
    const url = new URL(path, 'http://x');
    const [, named, id] = servicePath.exec(url.pathname) ?? [];
    if (named !== undefined && id !== undefined) {
      const service = named === `${parent}/services/${id}` ? services.get(id) : undefined;
      if (service === undefined) return notFound(id);
      if (method === 'GET') return told(200, serviceJson(service, named, uriOf(id)));
      if (method === 'PATCH') return update(id, url.searchParams, body);
    }
    const [, owner, of, revision] = revisionsPath.exec(url.pathname) ?? [];
    if (owner !== undefined && of !== undefined && method === 'GET') {
      const service = services.get(of);
      if (service === undefined) return notFound(of);
      return revision === undefined
        ? revisionPage(service, owner, url.searchParams)
        : oneRevision(service, owner, revision);
    }
    const [, name, waits] = operationPath.exec(url.pathname) ?? [];
    if (name !== undefined && method === (waits === undefined ? 'GET' : 'POST')) {
      const operation = operations.get(name);
      if (waits !== undefined && !waitSchema.safeParse(JSON.parse(body)).success)
        return invalid('No timeout.');
      return operation === undefined ? notFound(name) : told(200, operationJson(operation));
    }
    return refusal(404, 'NOT_FOUND', 'The requested URL was not found on this server.');
  };

  const find = (id: string): FakeService => {
    const service = services.get(id);
    if (service === undefined) throw new Error(`no service ${id}`);
    return service;
  };

  const fake: FakeProject = {
    requests,
    answer(asked) {
      requests.push(asked);
      tick();
      if (asked.headers.authorization !== `Bearer ${taken}`) {
        return {
          kind: 'told',
          ...refusal(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.'),
        };
      }
      const isTrial = asked.path.includes('validateOnly=true');
      const index = scripted.findIndex(
        ({ method, answer }) => method === asked.method && !(isTrial && answer === 'lost'),
      );
      const [script] = index < 0 ? [] : scripted.splice(index, 1);
      if (script !== undefined && script.answer !== 'lost') return { kind: 'told', ...script.answer };
      const answer = dispatch(asked);
      tick();
      return script === undefined ? { kind: 'told', ...answer } : { kind: 'lost' };
    },
    addService(id, containers, template = {}) {
      const service: FakeService = {
        id,
        generation: 1,
        containers,
        template,
        nextName: undefined,
        traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }],
        statuses: [],
        revisions: [],
        created: '',
        ready: '',
        reconciling: false,
        terminal: succeeded('Ready'),
      };
      services.set(id, service);
      makeRevision(service, undefined)();
      settle(service);
    },
    servesAt(next) {
      origin = next;
      for (const service of services.values()) settle(service);
    },
    route(path) {
      tick();
      const [, id = '', rest = ''] = /^\/serve\/([^/]+)(.*)$/.exec(path) ?? [];
      const [, owner = '', tag, below = ''] = /^\/tagged\/([^/]+)\/([^/]+)(.*)$/.exec(path) ?? [];
      const service = services.get(tag === undefined ? id : owner);
      if (service === undefined) return undefined;
      routed += 1;
      const name =
        tag === undefined ? pick(service, routed) : service.statuses.find((one) => one.tag === tag)?.revision;
      const revision = service.revisions.find((one) => one.name === name);
      if (revision === undefined) return undefined;
      return {
        image: revision.containers[0]?.image ?? '',
        revision: revision.name,
        path: tag === undefined ? rest : below,
      };
    },
    service: find,
    uriOf,
    makePrivate(id, accounts) {
      invokers.set(find(id).id, accounts);
    },
    refusal(path, headers) {
      const [, id = ''] = /^\/(?:serve|tagged)\/([^/]+)/.exec(path) ?? [];
      const accounts = invokers.get(id);
      if (accounts === undefined) return undefined;
      return identities.refusal({ audience: uriOf(id), invokers: accounts }, headers);
    },
    identities,
    renewToken(next) {
      taken = next;
    },
    changes: () => changes,
    takesMs(ms) {
      takes = ms;
    },
    breakRevisions(next) {
      flaw = next;
    },
    answerNext(method, answer, times = 1) {
      for (let left = times; left > 0; left -= 1) scripted.push({ method, answer });
    },
    loseNext(method) {
      scripted.push({ method, answer: 'lost' });
    },
    beforeNextUpdate(what, times = 1) {
      for (let left = times; left > 0; left -= 1) hooks.push(what);
    },
    deployElsewhere(id, image) {
      const service = find(id);
      service.generation += 1;
      service.containers = service.containers.map((one, index) => (index === 0 ? { ...one, image } : one));
      makeRevision(service, undefined)();
      settle(service);
      return service.created;
    },
    setTraffic(id, traffic) {
      const service = find(id);
      service.generation += 1;
      service.traffic = traffic;
      settle(service);
    },
  };
  return fake;
}

/** One request after the other, as the percentages say. */
function pick({ statuses }: FakeService, count: number): string | undefined {
  let at = (count * 37) % 100;
  for (const { percent = 0, revision } of statuses) {
    if (at < percent) return revision;
    at -= percent;
  }
  return undefined;
}

function revisionPage(service: FakeService, owner: string, query: URLSearchParams): Told {
  const size = Number(query.get('pageSize') ?? 100);
  const from = Number(query.get('pageToken') ?? 0);
  const page = service.revisions.slice(from, from + size);
  const isMore = from + size < service.revisions.length;
  return told(200, {
    ...(page.length === 0 ? {} : { revisions: page.map((revision) => revisionJson(revision, owner)) }),
    ...(isMore ? { nextPageToken: String(from + size) } : {}),
  });
}

function oneRevision(service: FakeService, owner: string, name: string): Told {
  const found = service.revisions.find((revision) => revision.name === name);
  return found === undefined ? notFound(name) : told(200, revisionJson(found, owner));
}

function notFound(what: string): Told {
  return refusal(404, 'NOT_FOUND', `Resource '${what}' was not found.`);
}

function invalid(message: string): Told {
  return refusal(400, 'INVALID_ARGUMENT', message);
}
