import type * as z from 'zod';
import type { HttpAnswer, HttpRequest } from '#main/core/ports/system.ts';
import type { Io } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { cleaned, refusal, unreachable } from './failures.ts';
import { askAgain, obeying429, type Patience, wasNeverSent } from './retry.ts';
import {
  deployListSchema,
  deploySchema,
  type RenderDeploy,
  type RenderService,
  refusalSchema,
  serviceSchema,
} from './shapes.ts';

export type ApiPlace = {
  readonly service: string;
  readonly baseUrl: string;
  /** Reference, not the key. */
  readonly apiKey: string;
};

/** What came of asking for a deploy. */
export type Created =
  | { readonly kind: 'made'; readonly deploy: RenderDeploy }
  /** Render may have taken it; only its list can tell. */
  | { readonly kind: 'unsure'; readonly why: string };

/** Render's REST API for one service. What it refuses is thrown as `target-refused`, silence as `target-unreachable`. */
export type RenderApi = {
  service(): Promise<RenderService>;
  deploy(id: string): Promise<RenderDeploy>;
  /** Newest first, with Render's own time. */
  deploys(query: {
    readonly limit: number;
    readonly status?: 'live';
  }): Promise<{ readonly deploys: readonly RenderDeploy[]; readonly serverNow: number | undefined }>;
  /**
   * Sent once: again only where Render said that it did not carry it out. A person's abort ends waiting; `sending`, which
   * should come later, ends what is under way.
   */
  create(imageUrl: string, sending: AbortSignal): Promise<Created>;
  /** The deploy as it is then; it may take a while until it says that it is canceled. */
  cancel(id: string): Promise<RenderDeploy>;
};

type ApiIo = Pick<Io, 'http' | 'clock' | 'signal'>;

const answerWithinMs = 20_000;

export async function openApi(
  place: ApiPlace,
  io: ApiIo & Pick<Io, 'secret'>,
  patience: Patience,
): Promise<RenderApi> {
  return createApi(place, await readKey(place, io), io, patience);
}

export async function readKey({ apiKey }: ApiPlace, io: Pick<Io, 'secret'>): Promise<string> {
  const key = (await io.secret(apiKey)).trim();
  // As a header it would be refused with an error that may quote it.
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new GantryError(
    'secret-unresolved',
    `${apiKey} holds characters that no API key has.`,
    'Put the key there as Render shows it, and nothing else.',
  );
}

export function createApi(place: ApiPlace, key: string, io: ApiIo, patience: Patience): RenderApi {
  const { service, baseUrl, apiKey } = place;
  const root = `${baseUrl}/services/${encodeURIComponent(service)}`;
  const send = (method: HttpRequest['method'], path: string, body?: string, signal = io.signal) =>
    io.http.send({
      method,
      url: `${root}${path}`,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
      signal,
      timeoutMs: answerWithinMs,
    });
  const asking = { io, patience };
  const readAs = <T>(schema: z.ZodType<T>, answer: HttpAnswer): T => {
    if (answer.status < 200 || answer.status > 299) throw refused(answer);
    const parsed = schema.safeParse(jsonOf(answer.body));
    if (parsed.success) return parsed.data;
    throw unreachable(`what it says is not what its API describes (${answer.status})`);
  };
  const refused = ({ status, body }: HttpAnswer) => {
    const said = refusalSchema.safeParse(jsonOf(body)).data?.message;
    return refusal(status, said && cleaned(said, [key]), { service, reference: apiKey });
  };
  const get = async (path: string) => askAgain(() => send('GET', path), asking);
  return {
    service: async () => readAs(serviceSchema, await get('')),
    deploy: async (id) => readAs(deploySchema, await get(`/deploys/${encodeURIComponent(id)}`)),
    async deploys({ limit, status }) {
      const query = new URLSearchParams({ limit: `${limit}`, ...(status === undefined ? {} : { status }) });
      const answer = await get(`/deploys?${query}`);
      const deploys = readAs(deployListSchema, answer).flatMap(({ deploy }) => deploy ?? []);
      const serverNow = Date.parse(answer.headers.date ?? '');
      return { deploys, serverNow: Number.isNaN(serverNow) ? undefined : serverNow };
    },
    async create(imageUrl, sending) {
      const body = JSON.stringify({ imageUrl });
      const answer = await obeying429(() => send('POST', '/deploys', body, sending), asking).catch(
        (error: unknown) => {
          // Stopped before it was sent, or while it waited to be sent again.
          if (error instanceof GantryError || (io.signal.aborted && error === io.signal.reason)) throw error;
          const why = error instanceof Error ? error.message : String(error);
          if (wasNeverSent(error)) throw unreachable(why);
          return why;
        },
      );
      if (typeof answer === 'string') return { kind: 'unsure', why: answer };
      if (answer.status >= 500) return { kind: 'unsure', why: `Render says ${answer.status}` };
      if (answer.status < 200 || answer.status > 299) throw refused(answer);
      // 202 comes without a deploy: it was queued.
      const deploy = deploySchema.safeParse(jsonOf(answer.body)).data;
      if (deploy !== undefined) return { kind: 'made', deploy };
      return { kind: 'unsure', why: `Render took it (${answer.status}) without saying which deploy it is` };
    },
    // What is canceled already stays so: it may be asked again.
    cancel: async (id) =>
      readAs(
        deploySchema,
        await askAgain(() => send('POST', `/deploys/${encodeURIComponent(id)}/cancel`), asking),
      ),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
