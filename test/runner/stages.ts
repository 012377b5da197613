/** What `npm test` and `npm run check` run, in order. */
export type Stage = {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  /**
   * `static`: one check, passed when its command ends with 0. `prepare`: what later stages need; it counts only
   * when it fails. `vitest` and `playwright`: counted from the report that they write.
   */
  readonly kind: 'static' | 'prepare' | 'vitest' | 'playwright';
  readonly needsEngine?: true;
};

const types = (folder: string): Stage => ({
  name: `types ${folder}`,
  kind: 'static',
  command: ['tsc', '-p', folder],
});

const project = (name: string): Stage => ({
  name,
  kind: 'vitest',
  command: ['vitest', 'run', '--project', name],
});

const checks: readonly Stage[] = [
  { name: 'format', kind: 'static', command: ['biome', 'format'] },
  {
    name: 'lint',
    kind: 'static',
    command: ['biome', 'check', '--formatter-enabled=false', '--error-on-warnings'],
  },
  ...['shared', 'main', 'renderer', 'test', 'build'].map(types),
  { name: 'doors', kind: 'static', command: ['node', 'test/doors/main.ts'] },
  { name: 'dead code', kind: 'static', command: ['knip'] },
  ...['unit', 'golden', 'contract'].map(project),
];

const all: readonly Stage[] = [
  ...checks,
  { name: 'build', kind: 'prepare', command: ['npm', 'run', 'build', '--if-present'] },
  { ...project('integration'), needsEngine: true },
  { ...project('fault'), needsEngine: true },
  {
    name: 'e2e',
    kind: 'playwright',
    command: ['playwright', 'test', '--pass-with-no-tests', '--reporter=line,json'],
    needsEngine: true,
  },
];

export const lists: Readonly<Record<'all' | 'check', readonly Stage[]>> = { all, check: checks };
