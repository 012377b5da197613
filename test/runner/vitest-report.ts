import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';
import type { VitestReport } from './report.ts';

type Parts = { readonly tests: readonly TestCase[]; readonly broken: number };

/** A hook that throws fails no test: Vitest only skips what stands behind it. It is counted as a failure here. */
function partsOf(module: TestModule): Parts {
  const suites: readonly (TestModule | TestSuite)[] = [module, ...module.children.allSuites()];
  return {
    tests: [...module.children.allTests()],
    broken: suites.filter((suite) => suite.errors().length > 0).length,
  };
}

function reportOn(modules: readonly TestModule[], unhandled: number): VitestReport {
  const parts = modules.map(partsOf);
  const tests = parts.flatMap((part) => part.tests);
  const ended = (state: string) => tests.filter((test) => test.result().state === state);
  const broken = parts.reduce((sum, part) => sum + part.broken, 0);
  return {
    passed: ended('passed').length,
    failed: ended('failed').length + ended('pending').length + broken + unhandled,
    skipped: ended('skipped').map((test) => {
      const result = test.result();
      const why = result.state === 'skipped' ? result.note : undefined;
      return { name: test.fullName, ...(why === undefined ? {} : { why }) };
    }),
  };
}

/** Writes what the runner counts, with the reasons of skipped tests, which Vitest's own JSON report leaves out. */
export default class RunnerReport implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const file = process.env.GANTRY_RUNNER_REPORT;
    if (file !== undefined) writeFileSync(file, JSON.stringify(reportOn(modules, unhandled.length)));
  }
}
