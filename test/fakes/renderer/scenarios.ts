import { ORPCError } from '@orpc/client';
import { boardSchema } from '#shared/domain/board.ts';
import { runSummarySchema } from '#shared/domain/run.ts';
import { systemStatusSchema } from '#shared/domain/system.ts';
import { workspaceViewSchema } from '#shared/domain/workspace.ts';
import { buildScenarios } from './builds.ts';
import { ago, boardInput, chatbot, releases, rows, running, status, workspace } from './chatbot.ts';
import { failureScenarios } from './failures.ts';
import type { Fixture, FixtureData } from './fixture-client.ts';
import { never } from './fixture-client.ts';
import { healthScenarios } from './health.ts';
import { journeys } from './journeys.ts';
import { releaseScenarios } from './releases.ts';

const min = 60_000;
const h = 60 * min;

export type Scenario = {
  readonly data: FixtureData;
  readonly prepare?: (fixture: Fixture) => void;
};

const [dev, staging, prod] = boardInput.environments;
const [first, second] = boardInput.gaps;
const { lease: _lease, currentRun: _run, ...stagingAtRest } = staging as Record<string, unknown>;
const { drift: _drift, ...prodAtRest } = prod as Record<string, unknown>;

function withBoard(changes: object, more: Partial<FixtureData> = {}): FixtureData {
  return {
    ...chatbot(),
    runs: rows.slice(1),
    events: new Map(),
    ...more,
    board: boardSchema.parse({ ...boardInput, ...changes }),
  };
}

const environments = (...of: object[]) => ({ environments: of });

const inSync = (gap: object | undefined) => ({
  ...gap,
  relation: 'in-sync',
  releasesAhead: 0,
  commits: { kind: 'known', direction: 'same', commits: [], filesChanged: 0, insertions: 0, deletions: 0 },
  env: [],
  target: [],
  blocked: [],
});

const nothing = (gap: object | undefined) => ({
  ...inSync(gap),
  relation: 'nothing',
  commits: { kind: 'unknown', why: 'nothing is deployed' },
});

function bare(environment: unknown): object {
  const { name, confirm, envFile, envKeyCount, target } = environment as Record<string, unknown>;
  return { name, confirm, envFile, envKeyCount, target, observed: { kind: 'empty', at: ago(12_000) } };
}

const { newestRelease: _newest, ...withoutRelease } = boardInput;

function engineError(): ORPCError<'GANTRY', unknown> {
  return new ORPCError('GANTRY', {
    defined: true,
    status: 400,
    message: 'The ledger is busy.',
    data: {
      code: 'ledger-busy',
      message: 'Another process has kept the ledger locked for 5 s.',
      hint: 'Wait until the other Gantry is done.',
    },
  });
}

const held = {
  hold: { reason: 'Rolled back; r-77ab10 may not return.', by: 'mo', at: ago(23 * h), runId: 211 },
};

const failedRun = runSummarySchema.parse({
  ...rows[0],
  id: 219,
  kind: 'promote',
  environment: 'staging',
  from: 'dev',
  state: 'rolled-back',
  startedAt: ago(9 * min),
  endedAt: ago(7 * min),
  summary: 'web did not become healthy within 2:00; r-77ab10 runs again',
});

/** Every state worth a picture, by name. */
export const scenarios: Readonly<Record<string, () => Scenario>> = {
  ...journeys,
  ...buildScenarios,
  ...releaseScenarios,
  ...failureScenarios,
  ...healthScenarios,
  board: () => ({ data: chatbot() }),
  rest: () => ({
    data: withBoard(environments(dev ?? {}, stagingAtRest, prodAtRest)),
  }),
  sync: () => ({
    data: withBoard({
      environments: [dev, stagingAtRest, prodAtRest].map((each) => ({
        ...(each as object),
        release: releases.newest,
        state: { ...dev?.state, environment: (each as { name: string }).name },
        observed: running('web', releases.newest.imageId, ago(2 * h), 8080),
      })),
      gaps: [inSync(first), inSync(second)],
      workspace: { ...workspace, git: { ...workspace.git, uncommittedFiles: 0 } },
    }),
  }),
  empty: () => ({
    data: {
      ...chatbot(),
      runs: [],
      events: new Map(),
      board: boardSchema.parse({
        ...withoutRelease,
        environments: boardInput.environments.map(bare),
        gaps: [nothing(first), nothing(second)],
      }),
    },
  }),
  first: () => ({
    data: withBoard({
      environments: [dev, bare(staging), bare(prod)],
      gaps: [{ ...nothing(first), relation: 'ahead' }, nothing(second)],
    }),
  }),
  states: () => ({
    data: withBoard({
      environments: [
        {
          ...(dev as object),
          observed: running('web', releases.newest.imageId, ago(20 * min), 8080, 'unhealthy'),
        },
        {
          ...stagingAtRest,
          observed: {
            kind: 'unreachable',
            at: ago(12_000),
            why: 'connect ECONNREFUSED /var/run/docker.sock',
          },
        },
        { ...prodAtRest, ...held },
      ],
    }),
  }),
  unverified: () => ({
    data: withBoard({
      environments: [
        dev,
        {
          ...stagingAtRest,
          state: { ...(stagingAtRest as { state: object }).state, isUnverified: true },
          observed: { kind: 'unobservable', at: ago(12_000), why: 'its target has no observe to ask' },
        },
        prodAtRest,
      ],
    }),
  }),
  more: () => ({
    data: withBoard({
      environments: [
        { ...(dev as object), problem: '.env.dev: line 4 has no =', envKeyCount: undefined },
        { ...stagingAtRest, failedRun },
        {
          ...prodAtRest,
          lease: { ...(staging?.lease as object), runId: 400, by: { name: 'mo', shell: 'cli' } },
        },
      ],
    }),
  }),
  four: () => ({
    data: withBoard(
      {
        environments: [dev, staging, { ...prodAtRest, name: 'canary', envFile: '.env.canary' }, prod],
        gaps: [first, { ...second, right: 'canary' }, { ...inSync(second), left: 'canary' }],
      },
      { runs: rows, events: chatbot().events },
    ),
  }),
  one: () => ({ data: withBoard({ environments: [dev], gaps: [] }) }),
  two: () => ({ data: withBoard({ environments: [dev, stagingAtRest], gaps: [first] }) }),
  untrusted: () => {
    const view = { ...workspace, trusted: false };
    return {
      data: withBoard(
        { workspace: view, ...environments(dev ?? {}, stagingAtRest, prodAtRest) },
        { workspace: workspaceViewSchema.parse(view) },
      ),
    };
  },
  problems: () => {
    const view = {
      ...workspace,
      problems: [
        {
          file: 'gantry.yml',
          line: 12,
          column: 7,
          path: 'environments.prod.confirm',
          what: 'is "type", which is not one of the choices',
          hint: 'Write click or typed.',
        },
        {
          file: '.env.prod',
          line: 4,
          column: 1,
          what: 'There is no = in this line.',
          hint: 'Write KEY=value.',
        },
      ],
    };
    return {
      data: withBoard(
        { workspace: view, ...environments(dev ?? {}, stagingAtRest, prodAtRest) },
        { workspace: workspaceViewSchema.parse(view) },
      ),
    };
  },
  broken: () => {
    const problems = [
      {
        file: 'gantry.yml',
        line: 38,
        column: 14,
        path: 'environments.prod.confirm',
        what: 'environments.prod.confirm is "maybe".',
        hint: 'Write one of: click, typed.',
      },
      {
        file: 'gantry.yml',
        line: 41,
        column: 5,
        path: 'environments.prod.gate',
        what: 'Unknown key "gate" in environments.prod.',
        hint: 'Did you mean "gates"?',
      },
    ];
    const view = { ...workspace, trusted: false, environments: [], commands: [], problems };
    const message = '2 things are wrong with the workspace’s description.';
    const hint = 'Correct what is listed, then try again.';
    const data = { code: 'config-invalid', message, hint, problems };
    return {
      data: { ...chatbot(), workspace: workspaceViewSchema.parse(view) },
      prepare: (fixture) =>
        fixture.fail('board.get', new ORPCError('GANTRY', { defined: true, status: 400, data })),
    };
  },
  loading: () => ({
    data: chatbot(),
    prepare: (fixture) => {
      fixture.fail('board.get', never);
      fixture.fail('runs.list', never);
    },
  }),
  failing: () => ({
    data: chatbot(),
    prepare: (fixture) => {
      fixture.fail('board.get', engineError());
      fixture.fail('runs.list', engineError());
    },
  }),
  'no-engine': () => ({
    data: {
      ...withBoard(environments(dev ?? {}, stagingAtRest, prodAtRest)),
      status: systemStatusSchema.parse({
        ...status,
        engine: {
          kind: 'unreachable',
          why: 'connect ENOENT /var/run/docker.sock',
          tried: ['DOCKER_HOST', 'context desktop-linux', '/var/run/docker.sock'],
        },
      }),
    },
  }),
  lost: () => ({
    data: chatbot(),
    prepare: (fixture) => {
      setTimeout(() => fixture.setConnection({ kind: 'lost', since: ago(8_000), retryAt: ago(-4_000) }), 800);
    },
  }),
  none: () => ({
    data: { ...chatbot(), recent: [] },
    prepare: (fixture) =>
      fixture.fail(
        'workspaces.open',
        new ORPCError('GANTRY', {
          defined: true,
          status: 400,
          data: {
            code: 'workspace-missing',
            message: 'There is no folder /home/mo/nope.',
            hint: 'Give the path of a folder with a Dockerfile.',
          },
        }),
      ),
  }),
  recent: () => ({
    data: { ...chatbot(), recent: chatbot().recent.map((each) => ({ ...each, present: false })) },
  }),
  root: () => ({
    data: {
      ...chatbot(),
      recent: chatbot().recent.map((each, at) => (at === 1 ? { ...each, name: '', folder: '/' } : each)),
    },
  }),
  building: () => {
    const build = runSummarySchema.parse({
      ...rows[2],
      id: 220,
      state: 'running',
      endedAt: undefined,
      release: undefined,
      version: undefined,
      startedAt: ago(12_000),
      stepsDone: 1,
      stepsTotal: 3,
      summary: 'Build the image',
    });
    return {
      data: withBoard(
        { build, ...environments(dev ?? {}, stagingAtRest, prodAtRest) },
        { runs: [build, ...rows.slice(1)] },
      ),
    };
  },
};
