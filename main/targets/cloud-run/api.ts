import type * as z from 'zod';
import type { HttpAnswer, HttpRequest } from '#main/core/ports/system.ts';
import type { Io } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { resourceName, type ServiceAt } from './config.ts';
import { errorOf, isConflict, refusalOf, unreachable } from './failures.ts';
import {
  type Operation,
  operationSchema,
  type Revision,
  type RunContainer,
  revisionPageSchema,
  revisionSchema,
  type Service,
  serviceSchema,
  type TrafficTarget,
} from './shapes.ts';

/** What a change sends. Fields that it does not name stay as they are. */
export type Change = {
  readonly containers?: readonly RunContainer[];
  readonly traffic?: readonly TrafficTarget[];
  /** Makes a revision even where nothing in the template differs. */
  readonly forceNewRevision?: boolean;
};

export type CloudRun = {
  /** Undefined where there is no such service. */
  findService(): Promise<Service | undefined>;
  service(): Promise<Service>;
  revision(name: string): Promise<Revision | undefined>;
  /** The newest few hundred at most, in no order. */
  revisions(): Promise<readonly Revision[]>;
  /**
   * What `change` makes of the service as it is now; undefined from it changes nothing. Where somebody else changed the
   * service meanwhile it is asked once more, of what is there then.
   */
  update(
    change: (service: Service) => Promise<Change | undefined>,
    dryRun?: 'dry-run',
  ): Promise<Operation | undefined>;
  /** Returns early, done or not. Undefined where Cloud Run no longer knows the operation. */
  wait(operation: string, forMs: number): Promise<Operation | undefined>;
};

type Needs = Pick<Io, 'http' | 'clock' | 'secret' | 'googleToken'>;

const answerWithinMs = 30_000;
const mostTries = 5;
/** Of one that nothing answers: whoever looks at a board does not wait for long, and the run engine tries again itself. */
const mostTriesUnanswered = 2;
const firstPauseMs = 500;
const longestPauseMs = 60_000;
const pageSize = 100;
/** A service keeps up to a thousand; whatever is older is deployed anew, which is right as well. */
const mostPages = 5;

/** The Cloud Run Admin API v2 about one service. */
export function createCloudRun(at: ServiceAt, io: Needs, signal: AbortSignal): CloudRun {
  const send = createSend(at, io, signal);
  const name = resourceName(at);

  const findService = async () => {
    const answer = await send('GET', `/v2/${name}`);
    return answer.status === 404 ? undefined : parse(at, serviceSchema, answer);
  };
  const service = async () => parse(at, serviceSchema, await send('GET', `/v2/${name}`));

  const patch = async (current: Service, change: Change, dryRun?: 'dry-run') => {
    const { containers, traffic, forceNewRevision } = change;
    // A list cannot be addressed by element, so all containers go back. The template's own name for its next revision
    // must go, or Cloud Run would refuse a second revision of that name.
    const mask = [
      ...(containers === undefined ? [] : ['template.revision', 'template.containers']),
      ...(traffic === undefined ? [] : ['traffic']),
    ];
    const query = new URLSearchParams({
      updateMask: mask.join(','),
      ...(dryRun === undefined ? {} : { validateOnly: 'true' }),
      ...(forceNewRevision === true ? { forceNewRevision: 'true' } : {}),
    });
    const body = {
      name,
      etag: current.etag,
      ...(containers === undefined ? {} : { template: { containers } }),
      ...(traffic === undefined ? {} : { traffic }),
    };
    return send('PATCH', `/v2/${name}?${query}`, body);
  };

  return {
    findService,
    service,
    async revision(revision) {
      const answer = await send('GET', `/v2/${name}/revisions/${revision}`);
      return answer.status === 404 ? undefined : parse(at, revisionSchema, answer);
    },
    async revisions() {
      const all: Revision[] = [];
      let pageToken = '';
      for (let page = 0; page < mostPages; page += 1) {
        const query = new URLSearchParams({ pageSize: String(pageSize), ...(pageToken && { pageToken }) });
        const answer = await send('GET', `/v2/${name}/revisions?${query}`);
        const { revisions, nextPageToken } = parse(at, revisionPageSchema, answer);
        all.push(...revisions);
        if (nextPageToken === '') break;
        pageToken = nextPageToken;
      }
      return all;
    },
    async update(change, dryRun) {
      for (let attempt = 1; ; attempt += 1) {
        const current = await service();
        const wished = await change(current);
        if (wished === undefined) return undefined;
        const answer = await patch(current, wished, dryRun);
        const isStale = answer.status >= 400 && isConflict(refusalOf(answer.status, answer.body));
        if (!isStale) return parse(at, operationSchema, answer);
        if (attempt > 1) throw contended(at);
      }
    },
    async wait(operation, forMs) {
      const body = { timeout: `${Math.ceil(forMs / 1_000)}s` };
      const answer = await send('POST', `/v2/${operation}:wait`, body, answerWithinMs + forMs);
      return answer.status === 404 ? undefined : parse(at, operationSchema, answer);
    },
  };
}

function contended({ service }: ServiceAt): GantryError {
  return new GantryError(
    'target-refused',
    `${service} was changed by somebody else, twice while Gantry was about to.`,
    'See who else deploys there, then plan again.',
  );
}

type Send = (
  method: HttpRequest['method'],
  path: string,
  body?: unknown,
  timeoutMs?: number,
) => Promise<HttpAnswer>;

/**
 * Asks again where that is safe: 429 says that nothing was done, and what only reads can be asked as often as one likes.
 * A change whose answer did not come is never sent again from here: whoever asked looks first.
 */
function createSend(at: ServiceAt, io: Needs, signal: AbortSignal): Send {
  return async (method, path, body, timeoutMs = answerWithinMs) => {
    const reads = method !== 'PATCH';
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      // Each time: a step may outlast a token, and whoever gives them keeps one until it is about to end.
      const token = await tokenFor(at, io);
      const request = {
        method,
        url: `${at.baseUrl.replace(/\/+$/, '')}${path}`,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal,
        timeoutMs,
      };
      const answer = await io.http.send(request).catch((error: unknown) => {
        signal.throwIfAborted();
        if (reads && attempt < mostTriesUnanswered) return undefined;
        throw unreachable(error);
      });
      const mayRetry =
        attempt < mostTries &&
        (answer === undefined || answer.status === 429 || (reads && answer.status >= 500));
      if (answer !== undefined && !mayRetry) return answer;
      await io.clock.sleep(pauseAfter(answer, attempt), signal);
    }
  };
}

/** `Retry-After` in seconds; a date, which Google does not send, counts as nothing said. */
function pauseAfter(answer: HttpAnswer | undefined, attempt: number): number {
  const said = Number(answer?.headers['retry-after']);
  const ms = Number.isFinite(said) && said >= 0 ? said * 1_000 : firstPauseMs * 2 ** (attempt - 1);
  return Math.min(longestPauseMs, ms);
}

async function tokenFor({ credentials }: ServiceAt, io: Needs): Promise<string> {
  if (credentials === 'application-default') return io.googleToken();
  if ('accessToken' in credentials) return io.secret(credentials.accessToken);
  return io.googleToken(credentials.serviceAccountFile);
}

function parse<T extends z.ZodType>(at: ServiceAt, schema: T, answer: HttpAnswer): z.output<T> {
  if (answer.status >= 300) throw errorOf(at, refusalOf(answer.status, answer.body));
  let json: unknown;
  try {
    json = JSON.parse(answer.body);
  } catch {
    json = undefined;
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new GantryError(
    'target-unreachable',
    'What answered is not the Cloud Run Admin API.',
    'Check `baseUrl` in gantry.yml, and whether a proxy is in between.',
  );
}
