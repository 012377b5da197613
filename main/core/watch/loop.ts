import { GantryError } from '#shared/domain/errors.ts';
import type { ReleaseId, RunId } from '#shared/domain/ids.ts';
import type { Actor } from '#shared/domain/run-events.ts';
import { foldRun } from '#shared/domain/run-reducer.ts';
import type { WatchState } from '#shared/domain/watch.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import type { Ports } from '../context.ts';
import { canonicalJson, sha256 } from '../hash.ts';
import { loadWorkspace, type OpenWorkspace } from '../open-workspace.ts';
import type { FolderChange } from '../ports.ts';
import type { Starter } from '../start-run.ts';
import { fingerprintOf } from './fingerprint.ts';
import { newWatch, stepWatch, type WatchEffect, type WatchEvent } from './machine.ts';
import { sift } from './sift.ts';
import { stateOf } from './state.ts';
import { untilEnded } from './until-ended.ts';

export type WatchNeeds = {
  readonly ports: Ports;
  readonly starter: Pick<Starter, 'build' | 'startUnseen'>;
  readonly cancel: (runId: RunId, by: Actor) => void;
};

export type Loop = {
  state(): WatchState;
  /** Cancels the run that is going on, and resolves when no change is told any more. */
  stop(): Promise<void>;
};

type LoopFacts = {
  readonly workspace: OpenWorkspace;
  /** Absent where it only builds and tests. */
  readonly environment: Environment | undefined;
  readonly by: Actor;
  readonly onState: (state: WatchState) => void;
};

/** A file that changes all the time, such as a log, must not put the build off for ever. */
const longestSettleMs = 3_000;

/** Resolves when changes are seen from then on; the first round has begun. Rejects where the folder cannot be watched. */
export async function startLoop(needs: WatchNeeds, facts: LoopFacts): Promise<Loop> {
  const { ports, starter, cancel } = needs;
  const { environment, by, onState } = facts;
  const { id } = facts.workspace;
  const since = ports.clock.now();
  const stopped = new AbortController();
  const { signal } = stopped;
  let { workspace } = facts;
  let machine = newWatch(environment !== undefined);
  let shown = '';
  let builds = 0;
  let settling: { readonly since: number; readonly timer: AbortController } | undefined;
  let comparing: AbortController | undefined;
  let sifted: Promise<unknown> = Promise.resolve();

  /** As gantry.yml has it now. */
  const here = () => workspace.config.environments.find(({ name }) => name === environment?.name);
  const dispatch = (event: WatchEvent) => {
    if (signal.aborted) return;
    const step = stepWatch(machine, event);
    machine = step.machine;
    const state = stateOf(machine, environment, since);
    // Noise changes nothing that anyone sees.
    if (canonicalJson(state) !== shown) onState(state);
    shown = canonicalJson(state);
    for (const effect of step.effects) void carryOut(effect);
  };

  const carryOut = async (effect: WatchEffect): Promise<void> => {
    try {
      switch (effect.kind) {
        case 'settle':
          return await settle();
        case 'compare':
          return await compare();
        case 'build':
          return await build(effect.changed);
        case 'cancel':
          cancel(effect.runId, by);
          return;
        case 'deploy':
          return await deploy(effect.release, effect.changed);
      }
    } catch (error) {
      // Whatever it was, the next change tries again.
      if (!signal.aborted) dispatch({ kind: 'refused', why: whyOf(error) });
    }
  };

  const requestId = () => {
    builds += 1;
    return sha256(canonicalJson(['watch', ports.processes.self(), since, builds])).slice(0, 32);
  };
  const follow = async (runId: RunId) => {
    // Asked for as the loop was stopped.
    if (signal.aborted) cancel(runId, by);
    dispatch({ kind: 'started', runId });
    return untilEnded(ports, runId, signal);
  };

  const settle = async () => {
    const now = ports.clock.monotonic();
    settling?.timer.abort();
    const mine = { since: settling?.since ?? now, timer: new AbortController() };
    settling = mine;
    const left = Math.max(0, mine.since + longestSettleMs - now);
    const ended = AbortSignal.any([mine.timer.signal, signal]);
    await ports.clock.sleep(Math.min(workspace.config.watch.debounce, left), ended).catch(() => undefined);
    if (ended.aborted) return;
    settling = undefined;
    dispatch({ kind: 'quiet' });
  };

  const compare = async () => {
    comparing?.abort();
    const mine = new AbortController();
    comparing = mine;
    const fingerprint = await fingerprintOf(ports, workspace, here()).catch(() => undefined);
    if (!mine.signal.aborted) dispatch({ kind: 'compared', fingerprint });
  };

  const build = async (changed: readonly string[]) => {
    workspace = await loadWorkspace(ports, id);
    const asked = { workspaceId: id, requestId: requestId(), noCache: false, whenBusy: 'queue' } as const;
    const { state, release, summary } = await follow(
      await starter.build({ ...asked, note: noteOf(changed) }, by),
    );
    const made = state === 'succeeded' && release !== undefined;
    dispatch({ kind: 'built', ...(made ? { release } : {}), summary });
  };

  const deploy = async (release: ReleaseId, changed: readonly string[]) => {
    if (environment === undefined) return;
    const { name } = environment;
    const request = { workspaceId: id, kind: 'deploy', to: name, release } as const;
    const run = { requestId: requestId(), note: noteOf(changed) };
    const runId = await starter.startUnseen(request, run, by, signal);
    if (runId === undefined) {
      dispatch({ kind: 'deployed', ok: true, summary: `${name} runs ${release} already` });
      return;
    }
    const { state, summary } = await follow(runId);
    const ok = state === 'succeeded';
    dispatch({ kind: 'deployed', ok, summary: ok ? `${name} runs ${release}` : summary });
  };

  const testsRun = () => {
    const { job } = machine;
    if (job.kind !== 'build' || job.runId === undefined) return false;
    const view = foldRun(ports.ledger.runs.events(job.runId));
    return (
      view?.steps.some(({ id: step, state }) => state === 'running' && step.startsWith('test-')) === true
    );
  };
  const onChange = (change: FolderChange) => {
    if (signal.aborted) return;
    const at = ports.clock.now();
    const duringTests = testsRun();
    // One after the other, so that they are told in the order in which they happened.
    sifted = sifted.then(async () => {
      const told = change.kind === 'doubt' ? [] : change.paths;
      const paths = await sift(ports, workspace, here(), told).catch(() => undefined);
      // What could not be sifted may matter.
      if (change.kind === 'doubt' || paths === undefined || paths.length > 0) {
        dispatch({ kind: 'changed', paths: paths ?? [], at, duringTests });
      }
    });
  };

  const watch = await ports.folders.watch(workspace.folder, onChange);
  dispatch({ kind: 'began' });
  return {
    state: () => stateOf(machine, environment, since),
    async stop() {
      if (signal.aborted) return;
      stopped.abort();
      const { job } = machine;
      if (job.kind !== 'none' && job.runId !== undefined) cancel(job.runId, by);
      await watch.close();
    },
  };
}

function whyOf(error: unknown): string {
  if (error instanceof GantryError) {
    const [first] = error.problems ?? [];
    return first === undefined ? error.message : `${first.file}: ${first.what} ${first.hint}`;
  }
  return `Something went wrong inside Gantry: ${error instanceof Error ? error.message : String(error)}`;
}

function noteOf([first, ...others]: readonly string[]): string {
  if (first === undefined) return 'watch';
  return others.length === 0 ? `watch: ${first}` : `watch: ${first} and ${others.length} more`;
}
