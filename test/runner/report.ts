import { readFile } from 'node:fs/promises';
import * as z from 'zod';

export type Skipped = { readonly name: string; readonly why: string };

export type Counts = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly Skipped[];
};

const noReason = 'no reason given';

/** Written by vitest-report.ts. */
export const vitestReportSchema = z.object({
  passed: z.number(),
  failed: z.number(),
  skipped: z.array(z.object({ name: z.string(), why: z.string().optional() })),
});
export type VitestReport = z.infer<typeof vitestReportSchema>;

const specSchema = z.object({
  title: z.string(),
  tests: z.array(
    z.object({
      status: z.enum(['expected', 'unexpected', 'flaky', 'skipped']),
      annotations: z.array(z.object({ type: z.string(), description: z.string().optional() })),
    }),
  ),
});

/** Playwright's JSON report, as far as it is counted. A test that passed only when tried again has failed. */
const suiteSchema = z.object({
  specs: z.array(specSchema),
  get suites() {
    return z.array(suiteSchema).optional();
  },
});
const playwrightReportSchema = z.object({ suites: z.array(suiteSchema), errors: z.array(z.unknown()) });

function specsIn(suite: z.infer<typeof suiteSchema>): readonly z.infer<typeof specSchema>[] {
  return [...suite.specs, ...(suite.suites ?? []).flatMap(specsIn)];
}

function countPlaywright(report: z.infer<typeof playwrightReportSchema>): Counts {
  const tests = report.suites
    .flatMap(specsIn)
    .flatMap((spec) => spec.tests.map((test) => ({ ...test, name: spec.title })));
  const withStatus = (...wanted: readonly string[]) => tests.filter((test) => wanted.includes(test.status));
  return {
    passed: withStatus('expected').length,
    failed: withStatus('unexpected', 'flaky').length + report.errors.length,
    skipped: withStatus('skipped').map(({ name, annotations }) => ({
      name,
      why: annotations.find((note) => note.type === 'skip' || note.type === 'fixme')?.description ?? noReason,
    })),
  };
}

/** The counts in a report, or undefined where there is none: then the tests ended before they could be counted. */
export async function readReport(kind: 'vitest' | 'playwright', file: string): Promise<Counts | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  if (kind === 'playwright') return countPlaywright(playwrightReportSchema.parse(JSON.parse(text)));
  const { passed, failed, skipped } = vitestReportSchema.parse(JSON.parse(text));
  return { passed, failed, skipped: skipped.map(({ name, why }) => ({ name, why: why ?? noReason })) };
}
