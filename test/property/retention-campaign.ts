import fc from 'fast-check';
import { playRetention, type RetentionVerdict } from './retention.ts';
import { retentionCase } from './retention-case.ts';
import type { EngineOfCase } from './retention-world.ts';

export type Campaign = Omit<RetentionVerdict, 'violations'> & {
  readonly cases: number;
  /** Cases in which something was removed. */
  readonly busy: number;
  readonly failed: readonly { readonly text: string; readonly violations: readonly string[] }[];
};

/** Plays generated pasts, each on a stage of its own. */
export async function playCampaign(
  cases: number,
  seed: number,
  stage: () => EngineOfCase,
): Promise<Campaign> {
  const failed: Campaign['failed'][number][] = [];
  const sum = { removed: 0, kept: 0, letIn: 0, refused: 0, busy: 0 };
  for (const each of fc.sample(retentionCase, { numRuns: cases, seed })) {
    const verdict = await playRetention(each, stage());
    sum.removed += verdict.removed;
    sum.kept += verdict.kept;
    sum.letIn += verdict.letIn;
    sum.refused += verdict.refused;
    if (verdict.removed > 0) sum.busy += 1;
    if (verdict.violations.length > 0) {
      failed.push({ text: JSON.stringify(each), violations: verdict.violations });
    }
  }
  return { cases, failed, ...sum };
}

export function campaignText(name: string, seed: number, campaign: Campaign): string {
  const { cases, busy, removed, kept, letIn, refused, failed } = campaign;
  return (
    `property ${name} (seed ${seed}): ${cases} pasts, ${busy} with something to remove; ${removed} names and manifests ` +
    `removed, ${kept} had to stay; meanwhile ${letIn} let in and ${refused} refused; ${failed.length} lost something`
  );
}
