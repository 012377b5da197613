import { createSchema, isOver, listSchema } from './published.ts';

/** A request as Render would see it. */
export type Asked = {
  readonly method: string;
  /** Below the host, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
};

/** `lost`: carried out, and no answer ever comes. */
export type Told =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Record<string, string>;
      readonly body: string;
    }
  | { readonly kind: 'lost' };

export type FakeDeploy = {
  readonly id: string;
  status: string;
  readonly trigger: string;
  readonly createdAt: string;
  startedAt: string;
  updatedAt: string;
  finishedAt?: string;
  readonly image: { readonly ref: string; readonly sha: string; readonly registryCredential: string };
  /** What it goes through, one each time that it is asked about. */
  readonly ahead: string[];
};

export type FakeService = {
  readonly id: string;
  readonly name: string;
  imagePath: string | undefined;
  autoDeploy: 'yes' | 'no';
  branch?: string;
  suspended: 'suspended' | 'not_suspended';
  readonly url: string;
  readonly hookKey: string;
  /** Newest first. */
  readonly deploys: FakeDeploy[];
};

type Trouble = {
  readonly match: RegExp;
  readonly act: 'before' | 'after';
  readonly told: Told;
  times: number;
};

export type AccountOptions = {
  readonly apiKey: string;
  readonly imagePath: string;
  readonly now?: () => number;
  /** What a reference resolves to; default: the digest in it. */
  readonly resolve?: (ref: string) => string | undefined;
};

/** A Render account with one service, to be asked over HTTP (server.ts) or in memory (in-memory.ts). */
export type RenderAccount = {
  readonly service: FakeService;
  readonly apiKey: string;
  /** Path of the deploy hook, with its key. */
  readonly hookPath: string;
  answer(asked: Asked): Told;
  /** Everything that was asked for, as `METHOD /path`, without keys. */
  readonly asked: readonly string[];
  /** How often something there became different by a request. */
  changes(): number;
  /** From now on deploys go through these. */
  goThrough(...statuses: readonly string[]): void;
  /** The next deploy goes through these, those after it as before. */
  nextGoesThrough(...statuses: readonly string[]): void;
  /** The next `times` requests that match (`POST /v1/…`) are answered like this and not carried out. */
  fail(
    match: RegExp,
    told: { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown },
    times?: number,
  ): void;
  /** The next that matches is carried out, and its answer never comes; or is another than it would be. */
  loseAnswer(match: RegExp, instead?: { readonly status: number; readonly body: string }): void;
  /** Somebody else deploys; it is live at once, or goes through what deploys go through. */
  land(ref: string, trigger?: string, isLive?: boolean): FakeDeploy;
};

export const serviceId = 'srv-test0000000000000001';

export function createRenderAccount(options: AccountOptions): RenderAccount {
  const { apiKey, imagePath, now = Date.now, resolve = digestOf } = options;
  const service: FakeService = {
    id: serviceId,
    name: 'shop-prod',
    imagePath,
    autoDeploy: 'no',
    suspended: 'not_suspended',
    url: 'https://shop-prod.onrender.com',
    hookKey: 'hook-key-of-the-test',
    deploys: [],
  };
  const asked: string[] = [];
  const troubles: Trouble[] = [];
  let ahead: readonly string[] = ['queued', 'update_in_progress', 'live'];
  let aheadOfNext: readonly string[] | undefined;
  let changes = 0;
  let made = 0;
  const time = () => new Date(now()).toISOString();

  function make(ref: string, trigger: string): FakeDeploy {
    const at = time();
    for (const other of service.deploys) if (!isOver(other.status)) end(other, 'canceled');
    const deploy: FakeDeploy = {
      id: `dep-${String(++made).padStart(20, '0')}`,
      status: 'created',
      trigger,
      createdAt: at,
      startedAt: at,
      updatedAt: at,
      image: { ref, sha: resolve(ref) ?? '', registryCredential: '' },
      ahead: [...(aheadOfNext ?? ahead)],
    };
    aheadOfNext = undefined;
    service.deploys.unshift(deploy);
    changes++;
    return deploy;
  }

  function end(deploy: FakeDeploy, status: string): void {
    if (status === 'live')
      for (const other of service.deploys) if (other.status === 'live') other.status = 'deactivated';
    deploy.status = status;
    deploy.updatedAt = time();
    deploy.finishedAt = deploy.updatedAt;
  }

  function moveOn(deploy: FakeDeploy): FakeDeploy {
    const next = isOver(deploy.status) ? undefined : deploy.ahead.shift();
    if (next !== undefined && isOver(next)) end(deploy, next);
    else if (next !== undefined) deploy.status = next;
    return deploy;
  }

  function carryOut({ method, path, headers, body }: Asked): Told {
    const url = new URL(path, 'http://render');
    if (url.pathname.startsWith('/deploy/')) return hook(method, url);
    if (headers.authorization === undefined) return no(401, 'unauthorized');
    if (headers.authorization !== `Bearer ${apiKey}`) return no(401, 'unauthorized');
    const [, id, rest = ''] = /^\/v1\/services\/([^/]+)(.*)$/.exec(url.pathname) ?? [];
    if (id === undefined) return no(404, 'not found');
    if (id !== service.id) return no(404, `service not found: ${id}`);
    switch (`${method} ${rest.replace(/dep-[^/]+/, ':id')}`) {
      case 'GET ':
        return yes(200, shownService(service));
      case 'GET /deploys':
        return list(url);
      case 'POST /deploys':
        return create(headers, body);
      case 'GET /deploys/:id':
      case 'POST /deploys/:id/cancel': {
        const deploy = service.deploys.find((one) => one.id === rest.split('/')[2]);
        if (deploy === undefined) return no(404, 'deploy not found');
        if (method === 'GET') return yes(200, shown(moveOn(deploy)));
        return cancel(deploy);
      }
      default:
        return no(404, 'not found');
    }
  }

  function list(url: URL): Told {
    const query = listSchema.safeParse(Object.fromEntries(url.searchParams));
    if (!query.success) return no(400, 'invalid query');
    const { status, limit, createdAfter = '' } = query.data;
    const found = service.deploys
      .filter((one) => (status === undefined || one.status === status) && one.createdAt > createdAfter)
      .slice(0, limit);
    return yes(
      200,
      found.map((deploy) => ({ cursor: deploy.id, deploy: shown(deploy) })),
    );
  }

  function create(headers: Asked['headers'], body: string): Told {
    if (!headers['content-type']?.startsWith('application/json')) return no(406, 'not acceptable');
    const parsed = createSchema.safeParse(jsonOf(body));
    if (!parsed.success) return no(400, 'invalid body');
    if (service.suspended === 'suspended') return no(400, 'service is suspended');
    return deployOf(parsed.data.imageUrl, 'api', (deploy) => yes(201, shown(deploy)));
  }

  function deployOf(
    imageUrl: string | undefined,
    trigger: string,
    answer: (deploy: FakeDeploy) => Told,
  ): Told {
    if (service.imagePath === undefined) return no(400, 'service is not image-backed');
    const ref = imageUrl ?? service.imagePath;
    if (bare(ref) !== bare(service.imagePath)) return no(400, 'host, repository and image name must match');
    if (resolve(ref) === undefined) return no(400, `image not found: ${ref}`);
    return answer(make(ref, trigger));
  }

  function cancel(deploy: FakeDeploy): Told {
    if (isOver(deploy.status)) return no(400, 'deploy is not in progress');
    changes++;
    // It takes a moment until it says so.
    deploy.ahead.splice(0, deploy.ahead.length, 'canceled');
    return yes(200, shown(deploy));
  }

  function hook(method: string, url: URL): Told {
    if (method !== 'GET' && method !== 'POST') return no(405, 'method not allowed');
    if (url.pathname !== `/deploy/${service.id}`) return no(404, 'not found');
    if (url.searchParams.get('key') !== service.hookKey) return no(401, 'unauthorized');
    return deployOf(url.searchParams.get('imgURL') ?? undefined, 'deploy_hook', ({ id }) =>
      yes(200, { deploy: { id } }),
    );
  }

  const yes = (status: number, value: unknown): Told => told(status, value, now());
  const no = (status: number, message: string): Told => told(status, { id: 'req-1', message }, now());

  return {
    service,
    apiKey,
    hookPath: `/deploy/${service.id}?key=${service.hookKey}`,
    asked,
    changes: () => changes,
    answer(request) {
      const line = `${request.method} ${request.path.replace(/key=[^&]*/, 'key=…')}`;
      asked.push(line);
      const trouble = troubles.find((one) => one.times > 0 && one.match.test(line));
      if (trouble !== undefined) trouble.times--;
      if (trouble?.act === 'before') return trouble.told;
      const answer = carryOut(request);
      return trouble === undefined ? answer : trouble.told;
    },
    goThrough(...next) {
      ahead = next;
    },
    nextGoesThrough(...next) {
      aheadOfNext = next;
    },
    fail(match, { status, headers = {}, body = { message: 'told to fail' } }, times = 1) {
      const answer = told(status, body, now());
      const withHeaders =
        answer.kind === 'answer' ? { ...answer, headers: { ...answer.headers, ...headers } } : answer;
      troubles.push({ match, act: 'before', told: withHeaders, times });
    },
    loseAnswer(match, instead) {
      const answer: Told =
        instead === undefined ? { kind: 'lost' } : told(instead.status, instead.body, now());
      troubles.push({ match, act: 'after', told: answer, times: 1 });
    },
    land(ref, trigger = 'manual', isLive = true) {
      const deploy = make(ref, trigger);
      if (isLive) end(deploy, 'live');
      return deploy;
    },
  };
}

function told(status: number, value: unknown, now: number): Told {
  const isText = typeof value === 'string';
  return {
    kind: 'answer',
    status,
    headers: {
      'content-type': isText ? 'text/plain' : 'application/json',
      date: new Date(now).toUTCString(),
      'ratelimit-limit': '400',
      'ratelimit-remaining': status === 429 ? '0' : '399',
    },
    body: isText ? value : JSON.stringify(value),
  };
}

function shown({ ahead: _, ...deploy }: FakeDeploy): unknown {
  return deploy;
}

function shownService({ hookKey: _, deploys: __, url, ...service }: FakeService): unknown {
  const runtime = service.imagePath === undefined ? 'node' : 'image';
  return {
    ...service,
    type: 'web_service',
    dashboardUrl: `https://dashboard.render.com/web/${service.id}`,
    serviceDetails: { url, runtime, env: runtime, numInstances: 1, healthCheckPath: '' },
  };
}

function bare(ref: string): string {
  return ref.replace(/@.*$/, '').replace(/:[^/]*$/, '');
}

function digestOf(ref: string): string | undefined {
  return /@(sha256:[0-9a-f]{64})$/.exec(ref)?.[1] ?? `sha256:${'e'.repeat(64)}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
