import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Checked, checkDoors } from '#test/doors/check.ts';
import { readSources } from '#test/doors/source-files.ts';

const repository = join(import.meta.dirname, '..', '..');

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gantry-doors-'));
  execFileSync('git', ['init', '-q'], { cwd: root });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Writes a tree of files and holds it against the rooms, as `npm run doors` does. */
function check(tree: Readonly<Record<string, string>>): Checked {
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return checkDoors(readSources(root));
}

const saysOf = (checked: Checked) => checked.violations.map(({ file, what }) => `${file}: ${what}`);

describe('every way of naming a module is seen', () => {
  it.each([
    ['a value import', "import { x } from '#main/core/plan.ts';"],
    ['a default import', "import x from '#main/core/plan.ts';"],
    ['a namespace import', "import * as x from '#main/core/plan.ts';"],
    ['an import for its effects', "import '#main/core/plan.ts';"],
    ['a type import', "import type { X } from '#main/core/plan.ts';"],
    ['a type among values', "import { type X } from '#main/core/plan.ts';"],
    ['an import type in a type', "export type X = import('#main/core/plan.ts').X;"],
    ['typeof import', "export type X = typeof import('#main/core/plan.ts');"],
    ['a re-export', "export { x } from '#main/core/plan.ts';"],
    ['a re-export of everything', "export * from '#main/core/plan.ts';"],
    ['a re-export of types', "export type { X } from '#main/core/plan.ts';"],
    ['a re-export of all types', "export type * from '#main/core/plan.ts';"],
    ['a dynamic import', "export const x = () => import('#main/core/plan.ts');"],
    ['a dynamic import in a template', 'export const x = () => import(`#main/core/plan.ts`);'],
    ['require', "export const x = require('#main/core/plan.ts');"],
    ['import = require', "import x = require('#main/core/plan.ts');"],
    ['a worker file', "export const x = new URL('../../main/core/plan.ts', import.meta.url);"],
    ['import.meta.resolve', "export const x = import.meta.resolve('#main/core/plan.ts');"],
    ['a relative path', "import { x } from '../../main/core/plan.ts';"],
    ['a path with a query', "import x from '../../main/core/plan.ts?raw';"],
  ])('%s', (_name, text) => {
    const checked = check({ 'shared/domain/a.ts': text });
    expect(saysOf(checked)).toEqual(['shared/domain/a.ts: shared has no door to main/core']);
  });

  it.each([
    ['a computed import', "export const x = (name: string) => import('./' + name);"],
    ['a computed require', 'export const x = (name: string) => require(name);'],
    ['createRequire', "export const x = createRequire(import.meta.url)('#main/core/plan.ts');"],
    ['import.meta.glob', "export const x = import.meta.glob('../../main/**/*.ts');"],
  ])('%s cannot be followed and is refused', (_name, text) => {
    const [violation, ...others] = check({ 'renderer/ui/a.ts': text }).violations;
    expect(violation?.what).toMatch(/hides what is imported/);
    expect(others).toEqual([]);
  });

  it.each(['ts', 'tsx', 'mts', 'cts', 'js', 'jsx', 'mjs', 'cjs'])('in .%s files', (extension) => {
    const checked = check({ [`shared/domain/a.${extension}`]: "require('#main/core/plan.ts');" });
    expect(checked.violations).toHaveLength(1);
  });

  it('a file that cannot be read is not taken for a good one', () => {
    const [violation] = check({ 'shared/a.ts': 'import {' }).violations;
    expect(violation?.what).toMatch(/cannot be parsed/);
  });

  it('says the line', () => {
    const { violations } = check({ 'shared/a.ts': "\n\nimport '#main/core/plan.ts';\n" });
    expect(violations.map(({ line }) => line)).toEqual([3]);
  });
});

describe('the doors', () => {
  it.each([
    // From, what it imports.
    ['shared/domain/a.ts', 'node:fs'],
    ['shared/domain/a.ts', 'fs'],
    ['shared/domain/a.ts', 'react'],
    ['shared/domain/a.ts', '#renderer/main.tsx'],
    ['main/core/plan.ts', '#main/docker/builds.ts'],
    ['main/core/plan.ts', '#main/create-gantry.ts'],
    ['main/core/plan.ts', 'node:child_process'],
    ['main/core/plan.ts', 'better-sqlite3'],
    ['main/core/ports/engine.ts', '#main/core/plan.ts'],
    ['main/core/ports.ts', 'node:fs'],
    ['main/targets/compose.ts', '#main/docker/builds.ts'],
    ['main/targets/compose.ts', '#main/core/plan.ts'],
    ['main/targets/compose.ts', 'dockerode'],
    ['main/docker/builds.ts', 'better-sqlite3'],
    ['main/git/log.ts', 'better-sqlite3'],
    ['main/ledger/open.ts', '#main/secrets/redaction.ts'],
    ['main/notify/bell.ts', '#main/shell/cli/main.ts'],
    ['main/create-gantry.ts', '#main/shell/cli/main.ts'],
    ['main/create-gantry.ts', 'dockerode'],
    ['main/shell/cli/deploy.ts', '#main/core/plan.ts'],
    ['main/shell/cli/deploy.ts', '#main/ledger/open.ts'],
    ['main/shell/cli/deploy.ts', 'electron'],
    ['main/shell/server/main.ts', '#main/shell/cli/main.ts'],
    ['main/shell/server/main.ts', '#main/shell/desktop/main.ts'],
    ['main/shell/desktop/main.ts', '#renderer/main.tsx'],
    ['renderer/ui/button.tsx', '#renderer/stores/runs-store.ts'],
    ['renderer/ui/button.tsx', '#renderer/transport/web.ts'],
    ['renderer/ui/button.tsx', '#renderer/features/board/index.ts'],
    ['renderer/stores/runs-store.ts', '#renderer/stores/board-store.ts'],
    ['renderer/stores/runs-store.ts', './board-store.ts'],
    ['renderer/stores/runs-store.ts', '#renderer/ui/button.tsx'],
    ['renderer/features/board/board.tsx', '#renderer/features/diff/row.tsx'],
    ['renderer/features/board/board.tsx', '../diff/row.tsx'],
    ['renderer/transport/web.ts', '#main/shell/server/main.ts'],
    ['renderer/main.tsx', 'node:path'],
    ['renderer/main.tsx', 'electron'],
    ['renderer/main.tsx', '#main/create-gantry.ts'],
    ['renderer/main.tsx', '#test/fakes/clock.ts'],
    ['main/git/log.ts', '#test/fakes/clock.ts'],
    ['test/unit/a.test.ts', 'electron'],
    ['examples/chatbot/a.mjs', '#shared/domain/errors.ts'],
  ])('%s may not import %s', (from, specifier) => {
    expect(check({ [from]: `import '${specifier}';` }).violations).toHaveLength(1);
  });

  it.each([
    ['shared/domain/a.ts', 'zod'],
    ['shared/api/contract.ts', '@orpc/contract'],
    ['shared/api/contract.ts', '../domain/errors.ts'],
    ['main/core/plan.ts', './ports.ts'],
    ['main/core/plan.ts', '#shared/domain/plan.ts'],
    ['main/core/plan.ts', 'node:crypto'],
    ['main/targets/compose.ts', '#main/core/ports/target.ts'],
    ['main/docker/builds.ts', 'dockerode'],
    ['main/ledger/open.ts', 'better-sqlite3'],
    ['main/create-gantry.ts', '#main/docker/builds.ts'],
    ['main/create-gantry.ts', '#main/core/plan.ts'],
    ['main/shell/cli/deploy.ts', '#main/create-gantry.ts'],
    ['main/shell/cli/deploy.ts', '#main/core/ports.ts'],
    ['main/shell/cli/serve.ts', '#main/shell/server/serve.ts'],
    ['main/shell/desktop/main.ts', 'electron'],
    ['renderer/features/board/board.tsx', '#renderer/ui/button.tsx'],
    ['renderer/features/board/board.tsx', '#renderer/features/diff/index.ts'],
    ['renderer/features/board/board.tsx', './row.tsx'],
    ['renderer/stores/stores.tsx', './board-store.ts'],
    ['renderer/main.tsx', 'react'],
    ['test/unit/a.test.ts', '#main/docker/builds.ts'],
    ['vite.config.ts', 'vite'],
  ])('%s may import %s', (from, specifier) => {
    expect(saysOf(check({ [from]: `import '${specifier}';` }))).toEqual([]);
  });

  it('lets a test name the types of electron, which load nothing', () => {
    expect(saysOf(check({ 'test/fakes/electron.ts': "import type { App } from 'electron';" }))).toEqual([]);
  });

  it('has a room for every folder', () => {
    const { violations } = check({ 'tools/a.ts': 'export const x = 1;' });
    expect(violations.map(({ what }) => what)).toEqual([expect.stringMatching(/no room is drawn/)]);
  });
});

describe('cycles', () => {
  it('sees one made of type imports only', () => {
    const checked = check({
      'shared/domain/a.ts': "import type { B } from './b.ts'; export type A = B;",
      'shared/domain/b.ts': "import type { C } from './c.ts'; export type B = C;",
      'shared/domain/c.ts': "import type { A } from '#shared/domain/a.ts'; export type C = A;",
    });
    expect(checked.violations.map(({ what }) => what)).toEqual([
      'import cycle: shared/domain/a.ts -> shared/domain/b.ts -> shared/domain/c.ts -> shared/domain/a.ts',
    ]);
  });

  it('sees a file that imports itself', () => {
    expect(check({ 'shared/a.ts': "export * from './a.ts';" }).violations).toHaveLength(1);
  });

  it('leaves two ways to one file alone', () => {
    const checked = check({
      'shared/a.ts': "import './b.ts'; import './c.ts';",
      'shared/b.ts': "import './c.ts';",
      'shared/c.ts': 'export const c = 1;',
    });
    expect(checked.violations).toEqual([]);
  });
});

describe('this repository', () => {
  it('sees as many files as git has source files', () => {
    const patterns = ['ts', 'tsx', 'mts', 'cts', 'js', 'jsx', 'mjs', 'cjs'].map(
      (extension) => `*.${extension}`,
    );
    const known = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...patterns], {
      cwd: repository,
    });
    const deleted = execFileSync('git', ['ls-files', '-d', '--', ...patterns], { cwd: repository });
    const lines = (bytes: Buffer) => bytes.toString().split('\n').filter(Boolean).length;
    const { files, imports } = checkDoors(readSources(repository));
    expect(files).toBe(lines(known) - lines(deleted));
    expect(imports).toBeGreaterThan(files);
  });

  it('skips what git ignores and sees what is not yet committed', () => {
    const checked = check({
      '.gitignore': 'dist/\n',
      'dist/a.ts': "import '#main/core/plan.ts';",
      'shared/new.ts': 'export const x = 1;',
    });
    expect(checked).toMatchObject({ files: 1, violations: [] });
  });
});
