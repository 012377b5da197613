import type { ReleaseId, RunId } from '#shared/domain/ids.ts';
import { foldRun, type RunView } from '#shared/domain/run-reducer.ts';
import { rememberedCheckout } from './build/at-commit.ts';
import { rememberedRemains, removeBuildTags, testLabels } from './build/remains.ts';
import { waitStepId } from './build-queue.ts';
import { cleaningUp } from './clean-up.ts';
import { closeDeploy } from './close-deploy.ts';
import type { Ports } from './context.ts';
import { findReattachment } from './reattach.ts';
import { isLost, mayPass } from './run-ending.ts';
import type { TakenOver } from './run-engine.ts';
import { createRunRecorder, type RunRecorder } from './run-recorder.ts';
import type { Ending } from './run-script.ts';
import type { StepEnd } from './step-failure.ts';

export type Recovery = {
  /** Closes every run whose owner died. Resolves with those it closed. */
  recoverAll(): Promise<readonly RunId[]>;
  /** False when the run's owner lives, another process is at it, or it is followed to its end from now on. */
  recover(runId: RunId): Promise<boolean>;
};

const childGraceMs = 5_000;

/**
 * @param follow carries a run whose work goes on elsewhere to its end, in the background
 */
export function createRecovery(
  ports: Ports,
  onRecorded: () => void,
  follow?: (run: TakenOver) => Promise<void>,
): Recovery {
  // Taken over, and not closed yet: as long as this process lives, no other takes them over from it.
  const unclosed = new Map<RunId, number>();
  const takeOver = (runId: RunId) =>
    ports.ledger.leases.takeOver(
      runId,
      ports.processes.self(),
      ports.clock.now(),
      ports.leaseStaleAfterMs,
      (owner) => ports.processes.isAlive(owner),
    );
  const recover = async (runId: RunId): Promise<boolean> => {
    const token = unclosed.get(runId) ?? takeOver(runId);
    if (token === undefined) return false;
    // Whoever asks meanwhile must not begin as well.
    unclosed.delete(runId);
    try {
      return await close(ports, runId, token, onRecorded, follow);
    } catch (error) {
      if (!isLost(error)) unclosed.set(runId, token);
      throw error;
    }
  };
  return {
    recover,
    async recoverAll() {
      const closed: RunId[] = [];
      const mistakes: unknown[] = [];
      for (const runId of ports.ledger.runs.unfinished()) {
        try {
          if (await recover(runId)) closed.push(runId);
        } catch (error) {
          // Those after it are closed all the same; and it the next time, unless another process is at it.
          if (!mayPass(error) && !isLost(error)) mistakes.push(error);
        }
      }
      if (mistakes.length > 0) throw mistakes[0];
      return closed;
    },
  };
}

/**
 * Ends the children that survived, asks what is true, and ends the run by that. False where something goes on elsewhere:
 * that is followed first, as a run of this process.
 */
async function close(
  ports: Ports,
  runId: RunId,
  token: number,
  onRecorded: () => void,
  follow: ((run: TakenOver) => Promise<void>) | undefined,
): Promise<boolean> {
  const redactor = ports.secrets.redactor();
  const recorder = createRunRecorder(ports, runId, token, redactor, onRecorded);
  const view = foldRun(ports.ledger.runs.events(runId));
  if (view === undefined || view.state !== 'running') return true;
  recorder.append({ kind: 'recovery-started', by: ports.processes.self() });
  for (const child of view.children) {
    // One that cannot be ended, such as another user's, must not keep the environment; the run says that it goes on.
    const isGone = await ports.processes.end(child, childGraceMs).then(
      () => true,
      () => false,
    );
    if (isGone) recorder.append({ kind: 'child-ended', step: child.step, pid: child.pid, exitCode: null });
    else recorder.line({ step: child.step, source: 'gantry', level: 'err', text: goesOn(child) });
  }
  const left = follow && (await findReattachment(ports, view, redactor));
  if (follow === undefined || left === undefined) {
    closeSteps(view, recorder);
    recorder.append({ kind: 'run-ended', recovered: true, ...(await endingFor(ports, view, recorder)) });
    return true;
  }
  recorder.flush();
  void follow({
    runId,
    token,
    redactor,
    steps: left.steps,
    async close({ stopped }, following) {
      following.flush();
      const now = foldRun(ports.ledger.runs.events(runId)) ?? view;
      closeSteps(now, following);
      return afterFollowing(stopped, await closeDeploy(ports, now, following));
    },
  });
  return false;
}

/** A no that was heard is how it ended, though the environment may run the same release from before. */
function afterFollowing(stopped: StepEnd | undefined, found: Ending): Ending {
  if (stopped === undefined || stopped.outcome === 'errored' || stopped.outcome === 'succeeded') return found;
  const { outcome, detail, error } = stopped;
  const { leaves: _, ...facts } = found;
  return {
    ...facts,
    outcome,
    summary: `${detail}. ${found.summary}`,
    ...(error === undefined ? {} : { error }),
  };
}

async function endingFor(ports: Ports, view: RunView, recorder: RunRecorder): Promise<Ending> {
  switch (view.kind) {
    case 'build':
      return closeBuild(ports, view, recorder);
    case 'adopt':
      return closeAdopt(ports, view, recorder);
    case 'prune':
      return closePrune(view);
    case 'push':
    case 'tag':
      return closeNaming(view);
    case 'deploy':
    case 'promote':
    case 'rollback':
      return closeDeploy(ports, view, recorder);
  }
}

function goesOn({ pid, what }: RunView['children'][number]): string {
  return `Process ${pid} (${what}) could not be ended and goes on; look at it before you plan again`;
}

function closeSteps(view: RunView, recorder: RunRecorder): void {
  for (const step of view.steps) {
    if (step.state === 'running') {
      const detail = step.repeatable
        ? 'Gantry stopped while this ran'
        : 'Gantry stopped while this ran: whether it was done is not known, and it is not sent again';
      recorder.append({ kind: 'step-ended', step: step.id, outcome: 'errored', detail });
    } else if (step.state === 'not-yet') {
      recorder.append({ kind: 'step-ended', step: step.id, outcome: 'skipped', detail: 'Not run' });
    }
  }
}

async function closeBuild(ports: Ports, view: RunView, recorder: RunRecorder): Promise<Ending> {
  if (waits(view)) return { outcome: 'interrupted', summary: 'Gantry stopped while this build waited' };
  // What cannot be removed is left behind; the run must be closed all the same.
  await cleaningUp(ports.clock, (signal) => removeBuildRemains(ports, view, signal)).catch(() => {});
  await cleaningUp(ports.clock, () => removeCheckout(ports, view)).catch(() => {});
  const made = view.release ?? recordForgotten(ports, view, recorder);
  const summary = `Gantry stopped during the build; ${made === undefined ? 'no release was made' : `${made} had been recorded`}`;
  return { outcome: 'interrupted', summary };
}

/** Its place in the queue was all that it had. */
function waits({ steps }: RunView): boolean {
  const [first] = steps;
  return first?.id === waitStepId && first.state !== 'succeeded';
}

async function removeBuildRemains(ports: Ports, view: RunView, signal: AbortSignal): Promise<void> {
  // First, because an engine keeps a name whose image a container uses.
  await ports.engine.removeContainers(testLabels(view), signal);
  const remains = rememberedRemains(ports.ledger.runs.events(view.id));
  if (remains !== undefined) await removeBuildTags(ports.engine, remains, view.id, signal);
}

/** The work tree that a build of another commit made beside the person's. */
async function removeCheckout(ports: Ports, view: RunView): Promise<void> {
  const name = rememberedCheckout(ports.ledger.runs.events(view.id));
  const folder = ports.ledger.workspaces.folder(view.workspaceId);
  if (name !== undefined && folder !== undefined) await ports.git.checkouts.remove(folder, name);
}

/** Names that were given are in its events; doing it again gives the rest. */
function closeNaming({ kind, release }: RunView): Ending {
  const again = `gantry ${kind} ${release ?? ''}`;
  return { outcome: 'interrupted', summary: `Gantry stopped half-way; ${again} again does the rest` };
}

function closeAdopt(ports: Ports, view: RunView, recorder: RunRecorder): Ending {
  const made = view.release ?? recordForgotten(ports, view, recorder);
  const what = made === undefined ? 'no release was made' : `${made} had been recorded`;
  return { outcome: 'interrupted', summary: `Gantry stopped during the adoption; ${what}` };
}

/** Nothing is to be undone or found out: what is still there is asked for whenever it is shown. */
function closePrune({ removals }: RunView): Ending {
  const releases = removals.length === 1 ? '1 release' : `${removals.length} releases`;
  const summary = `Gantry stopped while it removed images; those of ${releases} are known to be removed`;
  return { outcome: 'interrupted', summary };
}

/** The release is put into the ledger before its event: the process may have died in between. */
function recordForgotten(ports: Ports, view: RunView, recorder: RunRecorder): ReleaseId | undefined {
  const made = ports.ledger.releases.list(view.workspaceId, 100).find(({ builtBy }) => builtBy === view.id);
  if (made === undefined) return undefined;
  const { id, version } = made;
  const { imageId } = made.images[0].image.identity;
  recorder.append({ kind: 'release-recorded', release: id, version, imageId });
  return id;
}
