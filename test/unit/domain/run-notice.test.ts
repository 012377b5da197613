import { describe, expect, test } from 'vitest';
import type { EnvironmentName, ReleaseId, RunId, WorkspaceId } from '#shared/domain/ids.ts';
import { runOutcomeSchema } from '#shared/domain/outcome.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { runNotice } from '#shared/domain/run-notice.ts';

// Branded ids of a valid shape.
const run: RunSummary = {
  id: 7 as RunId,
  workspaceId: 'w' as WorkspaceId,
  kind: 'promote',
  environment: 'prod' as EnvironmentName,
  release: 'r-8f21c0' as ReleaseId,
  by: { name: 'mo', shell: 'desktop' },
  state: 'succeeded',
  recovered: false,
  isCancelRequested: false,
  startedAt: 0,
  summary: 'Healthy after 6 s.',
  stepsDone: 5,
  stepsTotal: 5,
};

describe('runNotice', () => {
  test.each([
    [{ kind: 'promote' }, 'Promotion of r-8f21c0 to prod succeeded'],
    [{ kind: 'deploy' }, 'Deploy of r-8f21c0 to prod succeeded'],
    [{ kind: 'rollback' }, 'Rollback of prod to r-8f21c0 succeeded'],
    [{ kind: 'build', environment: undefined }, 'Build of r-8f21c0 succeeded'],
    [{ kind: 'build', release: undefined, state: 'failed' }, 'Build failed'],
    [{ state: 'errored' }, 'Promotion of r-8f21c0 to prod ended without an answer'],
    [{ state: 'rolled-back' }, 'Promotion of r-8f21c0 to prod failed and was rolled back'],
    [{ state: 'unverified' }, 'Promotion of r-8f21c0 to prod was triggered, but cannot be observed'],
    [{ state: 'interrupted' }, 'Promotion of r-8f21c0 to prod was interrupted'],
  ])('%j', (difference, title) => {
    // exactOptionalPropertyTypes: `undefined` stands for an absent key here.
    expect(runNotice({ ...run, ...difference } as RunSummary, 'shop')).toMatchObject({
      title,
      body: 'shop: Healthy after 6 s.',
    });
  });

  test('nothing is said while it runs, nor to the person who cancelled it', () => {
    expect(runNotice({ ...run, state: 'running' }, 'shop')).toBeUndefined();
    expect(runNotice({ ...run, state: 'cancelled' }, 'shop')).toBeUndefined();
  });

  test('only a success needs nobody', () => {
    const needing = runOutcomeSchema.options.filter(
      (state) => runNotice({ ...run, state }, 'shop')?.needsSomeone === true,
    );
    expect(needing).toEqual(['failed', 'errored', 'rolled-back', 'unverified', 'interrupted']);
  });
});
