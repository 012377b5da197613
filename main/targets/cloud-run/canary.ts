import type { Io, StepOutput } from '#main/core/ports/target.ts';
import { spanText } from '#shared/domain/duration.ts';
import {
  healthySoFar,
  nameOf,
  type Probe,
  saidBy,
  signed,
  type Tally,
  tally,
} from '#shared/domain/health.ts';
import type { CanaryWatch, ShiftAction, SmokeAction } from './actions.ts';
import { type CloudRun, createCloudRun } from './api.ts';
import type { ServiceAt } from './config.ts';
import { textOf } from './failures.ts';
import { pinnedImage, requireOurs } from './image.ts';
import { healthOf, readyOf } from './revisions.ts';
import { type Service, shortName } from './shapes.ts';
import { signInTo } from './sign-in.ts';
import { failed, moved, succeeded } from './step-end.ts';

/** Why it did not hold; undefined where it did. Asked at its own address: the service's leads to others too. */
export async function* watchCanary(
  watch: CanaryWatch,
  { at, tag }: ShiftAction,
  ours: string,
  service: Service,
  run: CloudRun,
  io: Io,
): AsyncGenerator<StepOutput, string | undefined> {
  const { checks, forMs, intervalMs, failures } = watch;
  const startedAt = io.clock.monotonic();
  const rules = { elapsedMs: 0, startPeriodMs: 0, successes: 1, failures };
  const address = addressOf(service, tag);
  let tallies: readonly Tally[] = checks.map(() => healthySoFar);
  let ready: Tally = healthySoFar;
  for (;;) {
    const headers = await signInTo(at, service, io);
    const probes = await Promise.all(checks.map((check) => io.probe(signed(check, headers), () => address)));
    for (const [index, check] of checks.entries()) {
      const probe = probes[index];
      if (probe === undefined) continue;
      yield { kind: 'probed', check: nameOf(check), probes: [probe] };
      tallies = tallies.with(index, tally(tallies[index] ?? healthySoFar, probe, rules));
    }
    ready = tally(ready, await readiness(run, ours, io), rules);
    const ill = tallies.findIndex(({ state }) => state === 'unhealthy');
    const check = checks[ill];
    if (check !== undefined) return saidBy(check, tallies[ill]?.last, ours);
    if (ready.state === 'unhealthy') return ready.last?.text ?? 'it is not ready any more';
    const elapsed = io.clock.monotonic() - startedAt;
    // What answered badly last is asked until that is forgiven or has been too often: it never ends in trouble.
    const isWell = [...tallies, ready].every(({ failuresInRow }) => failuresInRow === 0);
    if (elapsed >= forMs && isWell) return undefined;
    yield { kind: 'progress', text: `watched for ${spanText(elapsed)} of ${spanText(forMs)}` };
    const left = forMs - elapsed;
    await io.clock.sleep(left > 0 ? Math.min(intervalMs, left) : intervalMs, io.signal);
  }
}

async function readiness(run: CloudRun, name: string, io: Io): Promise<Probe> {
  const at = io.clock.now();
  const askedAt = io.clock.monotonic();
  const revision = await run.revision(name);
  const ms = Math.round(io.clock.monotonic() - askedAt);
  if (revision === undefined) return { at, ok: false, ms, text: `${name} is gone` };
  const ok = healthOf(revision) !== 'unhealthy';
  return { at, ok, ms, text: textOf(readyOf(revision)) ?? (ok ? 'ready' : 'not ready') };
}

/** Where the tagged revision serves, however much traffic it has. */
function addressOf({ trafficStatuses }: Service, tag: string): string | undefined {
  return trafficStatuses.find((status) => status.tag === tag)?.uri?.replace(/\/+$/, '');
}

export async function* smokeTest(action: SmokeAction, io: Io): AsyncGenerator<StepOutput> {
  io.signal.throwIfAborted();
  const { at, tag, check, rules } = action;
  const run = createCloudRun(at, io, io.signal);
  const ours = await requireOurs(run, await pinnedImage(action.image, io), action.container);
  const service = await run.service();
  const tagged = service.trafficStatuses.find((status) => status.tag === tag);
  if (shortName(tagged?.revision ?? '') !== ours) {
    throw moved(`The tag ${tag} of ${at.service} does not lead to ${ours} any more.`);
  }
  const address = addressOf(service, tag);
  const startedAt = io.clock.monotonic();
  let state: Tally = { ...healthySoFar, state: 'waiting', hasSucceeded: false };
  for (;;) {
    const elapsedMs = io.clock.monotonic() - startedAt;
    const probe = await io.probe(signed(check, await signInTo(at, service, io)), () => address);
    if (probe === undefined) {
      return yield failed(
        `Cloud Run names no address for the tag ${tag}.`,
        'Take `smoke` out of gantry.yml.',
      );
    }
    yield { kind: 'probed', check: nameOf(check), probes: [probe] };
    state = tally(state, probe, { ...rules, elapsedMs });
    const elapsed = io.clock.monotonic() - startedAt;
    if (state.state === 'healthy') {
      return yield succeeded(`${ours} answers on ${nameOf(check)} after ${spanText(elapsed)}`);
    }
    if (state.state === 'unhealthy' || elapsed >= rules.deadlineMs) {
      const said = saidBy(check, state.last, ours);
      return yield failed(`${said}. Traffic was not moved`, hintOf(probe, address, at));
    }
    yield { kind: 'progress', text: saidBy(check, state.last, ours) };
    await io.clock.sleep(Math.min(rules.intervalMs, rules.deadlineMs - elapsed), io.signal);
  }
}

function hintOf({ text }: Probe, address: string | undefined, { invoker = 'public' }: ServiceAt): string {
  if (!/^40[13]\b/.test(text)) return `Look at it at ${address}, and at its logs.`;
  return invoker === 'public'
    ? 'If only those who sign in may call the service, write `invoker: private` in gantry.yml.'
    : 'Whoever asks needs roles/run.invoker on the service; the app itself may refuse, too.';
}
