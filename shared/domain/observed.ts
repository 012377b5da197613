import * as z from 'zod';
import { timeSchema } from './ids.ts';

export const healthStatusSchema = z.enum(['healthy', 'starting', 'unhealthy', 'stopped', 'unknown']);
export type HealthStatus = z.infer<typeof healthStatusSchema>;

/** One service as its target runs it now. */
export const observedServiceSchema = z.object({
  name: z.string(),
  /** The identity the target compares; for compose the engine's image id. */
  imageId: z.string(),
  /** The name it was started by. */
  imageRef: z.string(),
  /** The release that a label on the running thing names; a hint, never proof. */
  releaseLabel: z.string().optional(),
  /** The env fingerprint that a label on it names (`dev.gantry.env`); tells whether an interrupted deploy arrived. */
  envLabel: z.string().optional(),
  health: healthStatusSchema,
  /** In the target's words, such as `exited (1)`. */
  state: z.string(),
  /** What the place itself calls this version of it, such as a Cloud Run revision. */
  revision: z.string().optional(),
  since: timeSchema.optional(),
  /** `127.0.0.1:8080->8080/tcp` */
  ports: z.array(z.string()),
});
export type ObservedService = z.infer<typeof observedServiceSchema>;

/** One of the places that an environment is. */
export const observedPlaceSchema = z.discriminatedUnion('kind', [
  /** `address`: where it serves. */
  z.object({ kind: z.literal('running'), name: z.string(), address: z.string().exactOptional() }),
  z.object({ kind: z.literal('empty'), name: z.string() }),
  z.object({ kind: z.literal('unobservable'), name: z.string(), why: z.string() }),
  z.object({ kind: z.literal('unreachable'), name: z.string(), why: z.string() }),
]);
export type ObservedPlace = z.infer<typeof observedPlaceSchema>;

/** What a target truly runs. Nothing here comes from the ledger. */
export const observedSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('running'),
    at: timeSchema,
    services: z.array(observedServiceSchema),
    /** Settings that a deploy decides, as flat `path: value` pairs without secrets, for drift and diffs. */
    settings: z.record(z.string(), z.string()),
    /** Where it serves: what a health check's path is asked of. */
    address: z.string().optional(),
    /**
     * Versions that the place keeps, newest first, such as a Cloud Run service's revisions: one that is ready can serve
     * again as it was. Those that no plan needs may be left out.
     */
    kept: z.array(z.object({ revision: z.string(), imageId: z.string(), isReady: z.boolean() })).optional(),
    /** What a person should know before the next deploy, such as a traffic split that stays. */
    notes: z.array(z.string()).optional(),
    /**
     * Of an environment that is several places, all of them in their order. `services` and `settings` are those of the
     * places that answered and begin with the place's name.
     */
    places: z.array(observedPlaceSchema).optional(),
  }),
  z.object({ kind: z.literal('empty'), at: timeSchema }),
  /** A place that nobody can ask what it runs, by its nature and not for now. */
  z.object({ kind: z.literal('unobservable'), at: timeSchema, why: z.string() }),
  z.object({ kind: z.literal('unreachable'), at: timeSchema, why: z.string() }),
]);
export type Observed = z.infer<typeof observedSchema>;

/** A place that told nothing: it cannot be asked now, or never. */
export type BlindPlace = Extract<ObservedPlace, { why: string }>;

export function blindPlaces(observed: Observed): readonly BlindPlace[] {
  if (observed.kind !== 'running') return [];
  return (observed.places ?? []).filter(
    (place) => place.kind === 'unreachable' || place.kind === 'unobservable',
  );
}

/** What of it is one place's, as that was seen. */
export function partOf(seen: Observed, name: string): Observed {
  if (seen.kind !== 'running') return seen;
  const { at, services, settings } = seen;
  const place = seen.places?.find((one) => one.name === name);
  if (place !== undefined && 'why' in place) return { kind: place.kind, at, why: place.why };
  const own = services.filter((service) => service.name.startsWith(`${name}/`));
  if (own.length === 0) return { kind: 'empty', at };
  const inside = Object.entries(settings).filter(([path]) => path.startsWith(`${name}/`));
  const address = place?.kind === 'running' ? place.address : undefined;
  return {
    kind: 'running',
    at,
    services: own.map((service) => ({ ...service, name: service.name.slice(name.length + 1) })),
    settings: Object.fromEntries(inside.map(([path, value]) => [path.slice(name.length + 1), value])),
    ...(address === undefined ? {} : { address }),
  };
}

/** For whoever must know all of it: where one of several places told nothing, that is what is known of the whole. */
export function asWhole(observed: Observed): Observed {
  const blind = blindPlaces(observed);
  if (blind.length === 0) return observed;
  const kind = blind.some((place) => place.kind === 'unreachable') ? 'unreachable' : 'unobservable';
  return { kind, at: observed.at, why: blindWords(blind) };
}

/** `us: no answer; ap: no answer` */
export function blindWords(places: readonly BlindPlace[]): string {
  return places.map(({ name, why }) => `${name}: ${why}`).join('; ');
}
