import { implement } from '@orpc/server';
import { contract } from '#shared/api/contract.ts';
import { GantryError, toErrorDetail } from '#shared/domain/errors.ts';
import type { Actor } from '#shared/domain/run-events.ts';
import { holdEnvironment, liftHold, readBoard } from '../core/board.ts';
import { compareSides } from '../core/compare.ts';
import { compareReleaseImages } from '../core/compare-images.ts';
import { type Core, requireRun } from '../core/core.ts';
import { runDoctor } from '../core/doctor.ts';
import { tagCommit } from '../core/git-tag.ts';
import { listReleaseImages } from '../core/images/list.ts';
import { rollbackChoices } from '../core/images/presence.ts';
import {
  initWorkspace,
  openWorkspace,
  recentWorkspaces,
  trustWorkspace,
  viewWorkspace,
} from '../core/open-workspace.ts';
import { pinRelease, unpinRelease } from '../core/pins.ts';
import { askNotes } from '../core/release-notes.ts';
import { previewPrune } from '../core/retention/preview.ts';
import { readLog } from '../core/run-log.ts';
import { describeTargets } from './targets.ts';

const never = () => new AbortController().signal;

export type RouterFacts = { readonly actor: Actor; readonly version: string };

/** The contract, answered by the core. Every shell serves exactly this. */
export function createRouter(core: Core, { actor, version }: RouterFacts) {
  const { ports } = core;
  // The one place where expected failures become typed errors of the contract.
  const os = implement(contract).use(async ({ next, errors }) => {
    try {
      return await next();
    } catch (error) {
      if (!(error instanceof GantryError)) throw error;
      throw errors.GANTRY({ message: error.message, data: toErrorDetail(error), cause: error });
    }
  });

  return os.router({
    system: {
      status: os.system.status.handler(async ({ signal }) => ({
        gantryVersion: version,
        engine: await ports.engine.status(signal),
        ledger: ports.ledger.facts(),
      })),
      doctor: os.system.doctor.handler(({ input }) => runDoctor(ports, input.workspaceId)),
      targets: os.system.targets.handler(() => describeTargets(ports.targets)),
      configSchema: os.system.configSchema.handler(() => ports.workspaces.jsonSchema()),
    },
    workspaces: {
      recent: os.workspaces.recent.handler(() => recentWorkspaces(ports)),
      open: os.workspaces.open.handler(({ input }) => openWorkspace(ports, input.folder, input.git)),
      get: os.workspaces.get.handler(({ input }) => viewWorkspace(ports, input.workspaceId)),
      trust: os.workspaces.trust.handler(async ({ input }) => {
        const view = await trustWorkspace(ports, input.workspaceId);
        core.live.markStale(input.workspaceId);
        return view;
      }),
      init: os.workspaces.init.handler(async ({ input }) => {
        const written = await initWorkspace(ports, input.workspaceId);
        core.live.markStale(input.workspaceId);
        return written;
      }),
    },
    board: {
      get: os.board.get.handler(async ({ input }) => {
        await core.recovered();
        return readBoard(ports, input.workspaceId, input.observe);
      }),
    },
    releases: {
      list: os.releases.list.handler(({ input }) =>
        ports.ledger.releases.list(input.workspaceId, input.limit).map(({ notes: _, ...release }) => release),
      ),
      notes: os.releases.notes.handler(({ input }) => askNotes(ports, input.workspaceId, input)),
      gitTag: os.releases.gitTag.handler(({ input }) => tagCommit(ports, input.workspaceId, input)),
      rollbackChoices: os.releases.rollbackChoices.handler(({ input, signal }) =>
        rollbackChoices(ports, input.workspaceId, input.environment, signal ?? never()),
      ),
      pin: os.releases.pin.handler(({ input }) => {
        const pin = pinRelease(ports, input.workspaceId, input.release, {
          by: actor.name,
          note: input.note,
        });
        core.live.markStale(input.workspaceId);
        return pin;
      }),
      unpin: os.releases.unpin.handler(({ input }) => {
        const wasPinned = unpinRelease(ports, input.workspaceId, input.release, actor.name);
        core.live.markStale(input.workspaceId);
        return { wasPinned };
      }),
      adopt: os.releases.adopt.handler(async ({ input }) => {
        await core.recovered();
        const runId = await core.starter.adopt(input, actor);
        core.live.nudge();
        return { runId };
      }),
    },
    compare: os.compare.handler(({ input }) =>
      compareSides(ports, input.workspaceId, input.left, input.right),
    ),
    images: {
      list: os.images.list.handler(({ input, signal }) => listReleaseImages(ports, input, signal ?? never())),
      prune: {
        preview: os.images.prune.preview.handler(({ input, signal }) =>
          previewPrune(ports, input.workspaceId, signal ?? never()),
        ),
        apply: os.images.prune.apply.handler(async ({ input, signal }) => {
          await core.recovered();
          const runId = await core.starter.prune(input, actor, signal ?? never());
          core.live.nudge();
          return { runId };
        }),
      },
      compare: os.images.compare.handler(({ input, signal }) => compareReleaseImages(ports, input, signal)),
      push: os.images.push.handler(async ({ input, signal }) => {
        await core.recovered();
        const runId = await core.starter.push(input, actor, signal ?? new AbortController().signal);
        core.live.nudge();
        return { runId };
      }),
      tag: os.images.tag.handler(async ({ input }) => {
        await core.recovered();
        const runId = await core.starter.tag(input, actor);
        core.live.nudge();
        return { runId };
      }),
    },
    plan: os.plan.handler(async ({ input, signal }) => {
      await core.recovered();
      return core.plan(input, signal ?? new AbortController().signal);
    }),
    runs: {
      start: os.runs.start.handler(async ({ input, signal }) => {
        await core.recovered();
        const runId = await core.starter.start(input, actor, signal ?? new AbortController().signal);
        core.live.nudge();
        return { runId };
      }),
      build: os.runs.build.handler(async ({ input }) => {
        await core.recovered();
        const runId = await core.starter.build(input, actor);
        core.live.nudge();
        return { runId };
      }),
      retry: os.runs.retry.handler(async ({ input }) => {
        await core.recovered();
        const runId = await core.starter.retry(input, actor);
        core.live.nudge();
        return { runId };
      }),
      giveUp: os.runs.giveUp.handler(({ input }) => ({ accepted: core.giveUp(input.runId, actor) })),
      cancel: os.runs.cancel.handler(({ input }) => ({ accepted: core.cancel(input.runId, actor) })),
      get: os.runs.get.handler(({ input }) => ({
        summary: requireRun(ports, input.runId),
        events: [...ports.ledger.runs.events(input.runId)],
        logLines: ports.ledger.logs.count(input.runId),
      })),
      list: os.runs.list.handler(async ({ input }) => {
        await core.recovered();
        return [...ports.ledger.runs.list(input)];
      }),
      log: os.runs.log.handler(({ input, signal }) => readLog(core, input, signal ?? never())),
    },
    watch: {
      get: os.watch.get.handler(({ input }) => core.watches.get(input.workspaceId)),
      start: os.watch.start.handler(({ input }) =>
        core.watches.start(input.workspaceId, input.environment, actor),
      ),
      stop: os.watch.stop.handler(({ input }) => core.watches.stop(input.workspaceId)),
    },
    environments: {
      hold: os.environments.hold.handler(async ({ input }) => {
        const hold = { reason: input.reason, by: actor.name };
        await holdEnvironment(ports, input.workspaceId, input.environment, hold);
        core.live.markStale(input.workspaceId);
        return {};
      }),
      lift: os.environments.lift.handler(async ({ input }) => {
        await liftHold(ports, input.workspaceId, input.environment, actor.name);
        core.live.markStale(input.workspaceId);
        return {};
      }),
    },
    live: os.live.handler(({ input, signal }) =>
      core.live.subscribe(input.workspaceId, input.afterSeq, signal ?? new AbortController().signal),
    ),
  });
}
