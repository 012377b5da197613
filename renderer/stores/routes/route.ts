import type { EnvironmentName, ReleaseId, RunId } from '#shared/domain/ids.ts';
import { environmentNameSchema, releaseIdSchema, runIdSchema } from '#shared/domain/ids.ts';

/** What fills the window. */
export type View =
  | { readonly kind: 'board' }
  | { readonly kind: 'runs' }
  | { readonly kind: 'run'; readonly runId: RunId }
  | { readonly kind: 'history' }
  | { readonly kind: 'releases' }
  /** Each side is an environment's name or a release's id. */
  | { readonly kind: 'compare'; readonly left: string; readonly right: string; readonly part?: ComparePart };

export const compareParts = ['commits', 'env', 'image', 'target'] as const;
export type ComparePart = (typeof compareParts)[number];

/** What lies over the view; an address of its own, so that it can be linked to and survives a reload. */
export type DialogRoute =
  | {
      readonly kind: 'plan';
      readonly run: 'deploy' | 'rollback';
      readonly to: EnvironmentName;
      readonly release?: ReleaseId;
    }
  | {
      readonly kind: 'plan';
      readonly run: 'promote';
      readonly from: EnvironmentName;
      readonly to: EnvironmentName;
      readonly release?: ReleaseId;
    }
  | { readonly kind: 'hold'; readonly environment: EnvironmentName }
  | { readonly kind: 'lift'; readonly environment: EnvironmentName }
  | { readonly kind: 'retry'; readonly runId: RunId }
  | { readonly kind: 'git-tag'; readonly release: ReleaseId }
  | { readonly kind: 'push'; readonly release: ReleaseId }
  | { readonly kind: 'name'; readonly release: ReleaseId }
  | { readonly kind: 'adopt' }
  | { readonly kind: 'prune' }
  | { readonly kind: 'open-workspace' };

export type PlanDialogRoute = Extract<DialogRoute, { kind: 'plan' }>;

export type Route = {
  readonly view: View;
  readonly dialog?: DialogRoute;
  /** Asked for by whoever made the link; the workspace of the window otherwise. */
  readonly workspace?: string;
  /** What a view keeps of its own in the address: filters, a search, a selected step. */
  readonly query: Readonly<Record<string, string>>;
};

const dialogKeys = [
  'plan',
  'hold',
  'lift',
  'retry',
  'tag',
  'push',
  'name',
  'adopt',
  'prune',
  'open',
] as const;
const ownKeys: ReadonlySet<string> = new Set([...dialogKeys, 'w', 'left', 'right', 'part']);

/** Reads `location.hash`. What cannot be understood is left out; an unknown path is the board. */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#/, '').split('?', 2);
  const params = new URLSearchParams(search);
  const dialog = parseDialog(params);
  const workspace = params.get('w');
  return {
    view: parseView(path, params),
    ...(dialog === undefined ? {} : { dialog }),
    ...(workspace === null || workspace === '' ? {} : { workspace }),
    query: Object.fromEntries([...params].filter(([key]) => !ownKeys.has(key))),
  };
}

function parseView(path: string, params: URLSearchParams): View {
  const [head, tail] = path.split('/').filter((part) => part !== '');
  switch (head) {
    case 'runs': {
      const runId = runIdSchema.safeParse(Number(tail));
      return runId.success ? { kind: 'run', runId: runId.data } : { kind: 'runs' };
    }
    case 'history':
      return { kind: 'history' };
    case 'releases':
      return { kind: 'releases' };
    case 'compare':
      return parseCompare(params);
    default:
      return { kind: 'board' };
  }
}

function parseCompare(params: URLSearchParams): View {
  const left = params.get('left') ?? '';
  const right = params.get('right') ?? '';
  if (left === '' || right === '') return { kind: 'board' };
  const part = compareParts.find((known) => known === params.get('part'));
  return { kind: 'compare', left, right, ...(part === undefined ? {} : { part }) };
}

function parseDialog(params: URLSearchParams): DialogRoute | undefined {
  const plan = params.get('plan');
  if (plan !== null) return parsePlan(plan);
  const hold = environmentNameSchema.safeParse(params.get('hold'));
  if (hold.success) return { kind: 'hold', environment: hold.data };
  const lift = environmentNameSchema.safeParse(params.get('lift'));
  if (lift.success) return { kind: 'lift', environment: lift.data };
  const retry = runIdSchema.safeParse(Number(params.get('retry') ?? Number.NaN));
  if (retry.success) return { kind: 'retry', runId: retry.data };
  const tag = releaseIdSchema.safeParse(params.get('tag'));
  if (tag.success) return { kind: 'git-tag', release: tag.data };
  const push = releaseIdSchema.safeParse(params.get('push'));
  if (push.success) return { kind: 'push', release: push.data };
  const name = releaseIdSchema.safeParse(params.get('name'));
  if (name.success) return { kind: 'name', release: name.data };
  if (params.has('adopt')) return { kind: 'adopt' };
  if (params.has('prune')) return { kind: 'prune' };
  return params.has('open') ? { kind: 'open-workspace' } : undefined;
}

/** `promote:staging:prod`, `deploy:dev`, `rollback:prod`, each with `:r-…` behind it for a certain release. */
function parsePlan(text: string): PlanDialogRoute | undefined {
  const [run, ...rest] = text.split(':');
  const names = run === 'promote' ? 2 : 1;
  const places = rest.slice(0, names).map((name) => environmentNameSchema.safeParse(name));
  const first = places[0]?.data;
  const second = places[1]?.data;
  const release = releaseIdSchema.safeParse(rest[names]).data;
  const certain = release === undefined ? {} : { release };
  if (run === 'promote' && first !== undefined && second !== undefined) {
    return { kind: 'plan', run, from: first, to: second, ...certain };
  }
  if ((run === 'deploy' || run === 'rollback') && first !== undefined) {
    return { kind: 'plan', run, to: first, ...certain };
  }
  return undefined;
}

export type RouteInput = {
  readonly view: View;
  readonly dialog?: DialogRoute | undefined;
  readonly workspace?: string | undefined;
  readonly query?: Readonly<Record<string, string>> | undefined;
};

/** The address of a route, with its `#`: what `href` takes. */
export function formatRoute(route: RouteInput): string {
  const { path, params } = formatView(route.view);
  if (route.workspace !== undefined) params.set('w', route.workspace);
  for (const [key, value] of Object.entries(route.query ?? {})) {
    if (!ownKeys.has(key) && value !== '') params.set(key, value);
  }
  if (route.dialog !== undefined) putDialog(params, route.dialog);
  // A colon is legal in a fragment, and `plan=promote:staging:prod` is meant to be read and typed.
  const search = params
    .toString()
    .replaceAll('%3A', ':')
    .replace(/\b(open|adopt|prune)=$/, '$1');
  return `#${path}${search === '' ? '' : `?${search}`}`;
}

function formatView(view: View): { path: string; params: URLSearchParams } {
  const params = new URLSearchParams();
  switch (view.kind) {
    case 'board':
      return { path: '/', params };
    case 'runs':
      return { path: '/runs', params };
    case 'run':
      return { path: `/runs/${view.runId}`, params };
    case 'history':
      return { path: '/history', params };
    case 'releases':
      return { path: '/releases', params };
    case 'compare':
      params.set('left', view.left);
      params.set('right', view.right);
      if (view.part !== undefined) params.set('part', view.part);
      return { path: '/compare', params };
  }
}

function putDialog(params: URLSearchParams, dialog: DialogRoute): void {
  switch (dialog.kind) {
    case 'plan': {
      const places = dialog.run === 'promote' ? [dialog.from, dialog.to] : [dialog.to];
      params.set('plan', [dialog.run, ...places, ...(dialog.release ? [dialog.release] : [])].join(':'));
      return;
    }
    case 'hold':
      params.set('hold', dialog.environment);
      return;
    case 'lift':
      params.set('lift', dialog.environment);
      return;
    case 'retry':
      params.set('retry', String(dialog.runId));
      return;
    case 'git-tag':
      params.set('tag', dialog.release);
      return;
    case 'push':
    case 'name':
      params.set(dialog.kind, dialog.release);
      return;
    case 'adopt':
    case 'prune':
      params.set(dialog.kind, '');
      return;
    case 'open-workspace':
      params.set('open', '');
      return;
  }
}
