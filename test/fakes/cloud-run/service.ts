import type { Containers, Traffic } from './requests.ts';

const latest = 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST';

export type Condition = {
  readonly type: string;
  readonly state: string;
  readonly message?: string;
  readonly reason?: string;
  readonly revisionReason?: string;
};

export type FakeRevision = {
  readonly name: string;
  readonly createTime: string;
  readonly containers: Containers;
  ready: Condition;
};

export type Status = Traffic[number] & { readonly uri?: string };

/** One service as Cloud Run keeps it. */
export type FakeService = {
  readonly id: string;
  generation: number;
  containers: Containers;
  template: Readonly<Record<string, unknown>>;
  /** The name that the next revision is to have; stays until it is cleared. */
  nextName: string | undefined;
  traffic: Traffic;
  statuses: readonly Status[];
  revisions: FakeRevision[];
  created: string;
  ready: string;
  reconciling: boolean;
  terminal: Condition;
};

export const succeeded = (type: string): Condition => ({ type, state: 'CONDITION_SUCCEEDED' });
export const reconciling = (type: string, message: string): Condition => ({
  type,
  state: 'CONDITION_RECONCILING',
  message,
});

export function etagOf({ id, generation }: FakeService): string {
  return `"${id}-${generation}"`;
}

/** What is served once everything that was asked for is done. */
export function statusesOf(service: FakeService, tagUri: (tag: string) => string): readonly Status[] {
  const asked: Traffic = service.traffic.length === 0 ? [{ type: latest, percent: 100 }] : service.traffic;
  return asked.map((entry) => ({
    ...entry,
    ...(entry.type === latest ? { revision: service.ready } : {}),
    ...(entry.tag === undefined ? {} : { uri: tagUri(entry.tag) }),
  }));
}

/** As JSON: what has its default is left out, a 64 bit number is a string. */
export function serviceJson(service: FakeService, name: string, uri: string): unknown {
  const whole = (revision: string) => (revision === '' ? undefined : `${name}/revisions/${revision}`);
  return withoutDefaults({
    name,
    uid: `uid-${service.id}`,
    generation: String(service.generation),
    etag: etagOf(service),
    ingress: 'INGRESS_TRAFFIC_ALL',
    template: withoutDefaults({
      ...service.template,
      revision: service.nextName,
      containers: service.containers,
    }),
    traffic: service.traffic.map(withoutDefaults),
    trafficStatuses: service.statuses.map(withoutDefaults),
    observedGeneration: String(service.generation),
    reconciling: service.reconciling,
    terminalCondition: service.terminal,
    conditions: [succeeded('RoutesReady')],
    latestReadyRevision: whole(service.ready),
    latestCreatedRevision: whole(service.created),
    uri,
  });
}

export function revisionJson(
  { name, createTime, containers, ready }: FakeRevision,
  service: string,
): unknown {
  return {
    name: `${service}/revisions/${name}`,
    service: service.slice(service.lastIndexOf('/') + 1),
    createTime,
    containers,
    conditions: [ready],
    logUri: `https://console.cloud.google.com/logs/${name}`,
  };
}

function withoutDefaults(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) =>
        value !== undefined &&
        value !== false &&
        value !== 0 &&
        value !== '' &&
        !(Array.isArray(value) && value.length === 0),
    ),
  );
}
