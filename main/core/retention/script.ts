import type { PlannedStep } from '#shared/domain/plan.ts';
import type { Ports } from '../context.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { StepOutput } from '../ports.ts';
import type { RunStep } from '../run-step.ts';
import { createLedgerReader } from './ledger-facts.ts';
import { foresee, type Prospect } from './preview.ts';
import { endOf, type Removed, removeRelease } from './remove.ts';

export type PruneScript = {
  readonly planned: readonly PlannedStep[];
  readonly steps: readonly RunStep[];
  readonly summary: () => string;
};

const stepTimeoutMs = 10 * 60_000;

/** One step for each release, so that each is recorded before and after. */
export function scriptPrune(ports: Ports, workspace: OpenWorkspace, { removals }: Prospect): PruneScript {
  const reader = createLedgerReader(ports);
  const results: Removed[] = [];
  const planned = removals.map(
    ({ release, names, manifests }): PlannedStep => ({
      id: `remove-${release.id}`,
      title: `Remove ${release.id} ${release.version}`,
      detail: [...names.map(({ name }) => name), ...manifests.map(({ ref }) => ref)].join(', '),
      action: null,
      repeatable: true,
      changes: true,
      timeoutMs: stepTimeoutMs,
    }),
  );
  return {
    planned,
    steps: removals.map(({ release }, index) => {
      const step = planned[index];
      if (step === undefined) throw new Error(`no step removes ${release.id}`);
      return {
        planned: step,
        async *apply(context) {
          const result = await removeRelease(ports, workspace, reader, step.id, release.id, context);
          results.push(result);
          yield endOf(result);
        },
      };
    }),
    summary: () => summaryOf(results),
  };
}

const afterBuildStep: PlannedStep = {
  id: 'retention',
  title: 'Remove old images',
  detail: 'Those that retention in gantry.yml lets go',
  action: null,
  repeatable: true,
  changes: true,
  timeoutMs: stepTimeoutMs,
};

/** For the end of a build: what may go is only known when its release is recorded. */
export function pruneAfterBuild(ports: Ports, workspace: OpenWorkspace): RunStep {
  return {
    planned: afterBuildStep,
    isAfterthought: true,
    async *apply(context): AsyncGenerator<StepOutput> {
      const reader = createLedgerReader(ports);
      const { removals, preview } = await foresee(ports, workspace, context.signal);
      for (const text of preview.notes) yield { kind: 'line', source: 'gantry', level: 'note', text };
      const results: Removed[] = [];
      for (const { release } of removals) {
        yield { kind: 'progress', text: `${release.id} ${release.version}` };
        results.push(await removeRelease(ports, workspace, reader, afterBuildStep.id, release.id, context));
      }
      yield { kind: 'end', outcome: 'succeeded', detail: summaryOf(results) };
    },
  };
}

function summaryOf(results: readonly Removed[]): string {
  const removed = results.filter(({ kind }) => kind === 'removed').length;
  const kept = results.filter(({ kind }) => kind === 'stays').length;
  const releases = removed === 1 ? '1 release' : `${removed} releases`;
  const what = removed === 0 ? 'No images removed' : `Images of ${releases} removed`;
  return kept === 0 ? what : `${what}, ${kept} kept after all`;
}
