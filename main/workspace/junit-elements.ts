import type { JunitReport } from '#main/core/ports/workspace.ts';

export type JunitReader = {
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  text(text: string): void;
  close(): void;
  /** Once every element was closed. */
  report(): JunitReport;
};

type Case = {
  readonly name: string;
  outcome: 'passed' | 'skipped' | 'failed';
  message: string;
};

/** What an element says of the tests below it, and how many failures and errors were found there. */
type Suite = {
  readonly name: string;
  readonly tests: number;
  readonly problems: number;
  listed: number;
};

/** Far deeper than any program nests its suites. */
const maxDepth = 100;
const maxFailures = 50;
const maxName = 300;
const maxMessage = 500;
/** Of a failure's text: as much as its first line can be looked for in. */
const maxText = 4_096;

/**
 * Counts the test cases themselves. What a suite counts and does not list - a set-up that failed, say - is counted too:
 * a failure must not be lost because nothing names it.
 */
export function createJunitReader(): JunitReader {
  const open: string[] = [];
  const cases: Case[] = [];
  /** Outermost ones: their counts include those of the suites inside. */
  const suites: Suite[] = [];
  let root: Suite | undefined;
  let current: Case | undefined;
  let problem: { readonly attributeMessage: string; text: string } | undefined;

  function found(): void {
    const suite = suites.at(-1);
    if (suite !== undefined) suite.listed += 1;
  }

  function enter(name: string, attributes: Readonly<Record<string, string>>): void {
    const parent = open.at(-1);
    if (parent === undefined && name !== 'testsuites' && name !== 'testsuite')
      throw new Error(`its root is <${name.slice(0, 40)}>, not <testsuites> or <testsuite>`);
    if (open.length >= maxDepth) throw new Error(`its elements are nested more than ${maxDepth} deep`);
    if (name === 'testsuites' && parent === undefined) root = suiteOf(attributes);
    if (name === 'testsuite' && parent !== 'testsuite') suites.push(suiteOf(attributes));
    if (name === 'testcase') {
      current = { name: caseName(attributes), outcome: outcomeOf(attributes), message: '' };
      cases.push(current);
      if (current.outcome === 'failed') found();
    } else if (parent === 'testcase' && current !== undefined) {
      if (name === 'skipped' && current.outcome === 'passed') current.outcome = 'skipped';
      if (name === 'failure' || name === 'error') {
        found();
        current.outcome = 'failed';
        problem = { attributeMessage: attributes.message ?? '', text: '' };
      }
    }
  }

  function leave(name: string | undefined): void {
    if (problem !== undefined && current !== undefined && (name === 'failure' || name === 'error')) {
      current.message ||= firstLine(problem.attributeMessage) || firstLine(problem.text);
      problem = undefined;
    }
  }

  return {
    open(qualified, attributes) {
      const name = qualified.slice(qualified.indexOf(':') + 1);
      enter(name, attributes);
      open.push(name);
    },
    text(text) {
      if (problem !== undefined && problem.text.length < maxText) problem.text += text.slice(0, maxText);
    },
    close: () => leave(open.pop()),
    report: () => sum(cases, root, suites),
  };
}

function sum(cases: readonly Case[], root: Suite | undefined, suites: readonly Suite[]): JunitReport {
  const failed = cases.filter(({ outcome }) => outcome === 'failed');
  const gaps = gapsOf(root, suites);
  const unlisted = add(gaps.map(({ missing }) => missing));
  const counted = Math.max(root?.tests ?? 0, add(suites.map(({ tests }) => tests)));
  return {
    counts: {
      total: cases.length > 0 ? cases.length + unlisted : Math.max(counted, unlisted),
      failed: failed.length + unlisted,
      skipped: cases.filter(({ outcome }) => outcome === 'skipped').length,
    },
    failures: [
      ...gaps.map(({ name, missing }) => ({
        name,
        message: `counts ${missing} failed that are not listed`,
      })),
      ...failed.map(({ name, message }) => ({ name, message })),
    ].slice(0, maxFailures),
  };
}

type Gap = { readonly name: string; readonly missing: number };

function gapsOf(root: Suite | undefined, suites: readonly Suite[]): readonly Gap[] {
  const inSuites = suites.map(({ name, problems, listed }) => ({
    name,
    missing: Math.max(0, problems - listed),
    known: Math.max(problems, listed),
  }));
  const missing = Math.max(0, (root?.problems ?? 0) - add(inSuites.map(({ known }) => known)));
  return [{ name: root?.name ?? '', missing }, ...inSuites].filter((gap) => gap.missing > 0);
}

function add(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function suiteOf(attributes: Readonly<Record<string, string>>): Suite {
  const { name = 'the report', tests, failures, errors } = attributes;
  return {
    name: clip(name, maxName),
    tests: count(tests),
    problems: count(failures) + count(errors),
    listed: 0,
  };
}

function count(text = ''): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

/** googletest says it by attributes alone. */
function outcomeOf({ status = '', result = '' }: Readonly<Record<string, string>>): Case['outcome'] {
  if (/^(?:failed|failure|error)$/i.test(status)) return 'failed';
  return /^(?:notrun|skipped|disabled|suppressed)$/i.test(status) || /^(?:skipped|suppressed)$/i.test(result)
    ? 'skipped'
    : 'passed';
}

/** `classname.name`, unless the name says it already. */
function caseName({ name = '', classname = '' }: Readonly<Record<string, string>>): string {
  if (name === '') return clip(classname, maxName) || 'a test without a name';
  return clip(classname === '' || name.startsWith(classname) ? name : `${classname}.${name}`, maxName);
}

function firstLine(text: string): string {
  const line = text
    .slice(0, maxText)
    .split(/[\r\n]+/)
    .map((part) => part.trim())
    .find((part) => part !== '');
  return clip(line ?? '', maxMessage);
}

function clip(text: string, length: number): string {
  const flat = text
    .slice(0, length * 2)
    .replace(/\s+/g, ' ')
    .trim();
  return flat.length > length ? `${flat.slice(0, length - 1)}…` : flat;
}
