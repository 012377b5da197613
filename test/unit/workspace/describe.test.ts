import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Workspaces } from '#main/core/ports.ts';
import { configOf, createWorkspaceFolder, saidOf, type WorkspaceFolder } from './workspace-folder.ts';

let at: WorkspaceFolder;
let folder: string;
let workspaces: Workspaces;
const write: WorkspaceFolder['write'] = (files) => at.write(files);
const loadText: WorkspaceFolder['loadText'] = (text) => at.loadText(text);

beforeEach(() => {
  at = createWorkspaceFolder();
  ({ folder, workspaces } = at);
});

afterEach(() => at.remove());

describe('describe', () => {
  it.each([
    ['a bare folder', { Dockerfile: '' }],
    ['three environments', { Dockerfile: '', '.env.dev': '', '.env.staging': '', '.env.prod': '' }],
    [
      'compose files of their own',
      { Dockerfile: '', 'compose.yml': '', 'compose.prod.yml': '', '.env.dev': '', '.env.prod': '' },
    ],
    [
      'names that YAML reads as something else',
      { Dockerfile: '', '.env.no': '', '.env.y': '', '.env.null': '' },
    ],
  ])('reads back to the same config: %s', async (_name, files) => {
    write(files);
    const detected = await workspaces.load(folder);
    await workspaces.writeConfig(folder, workspaces.describe(detected));
    const written = await workspaces.load(folder);
    expect(written.origin).toBe('written');
    expect(saidOf(written)).toEqual([]);
    expect(written.config).toEqual(configOf(detected));
  });

  it('reads back to the same config where everything is set', async () => {
    const all = await loadText(`
name: a_b-c
image: registry.example:5000/team/web
build:
  context: .
  dockerfile: Dockerfile
  target: final
  args: { A: 1, B: true, C: "yes", D: "a: b # c" }
  labels: { "a.b": "x\\ny" }
  timeout: 90s
tests:
  - { name: "t: 1", where: image, run: [sh, -c, "echo '$x' | grep \\"y\\""], env: { N: "007" }, timeout: 1500ms }
env: { public: [A], required: [B], optional: [C] }
environments:
  dev:
    envFile: conf/dev.env
    target: { kind: compose, file: [a.yml, b.yml], services: [web], project: p, timeout: 3m }
    health: { http: "https://x.example/y?z=1", interval: 100ms, deadline: 1h }
    gates: { order: false, tests: true }
    confirm: typed
    onFailure: stay
  prod:
    confirm: click
    target: { kind: compose, file: one.yml }
    health:
      http: { url: /ok, port: 8080, status: [204, "300-399"], body: '/"up"/i', header: { x-v: "1" }, send: { Host: a } }
      tcp: "db.example:5432"
      command: { run: [sh, -c, "exit 0"], env: { A: "1" } }
      startPeriod: 20s
      timeout: 1s
      successes: 3
      failures: 2
      watch: { for: 2m, interval: 5s }
  other: { health: { tcp: 5432, command: [./smoke.sh], watch: 90s } }
`);
    const text = workspaces.describe(all);
    expect((await loadText(text)).config).toEqual(configOf(all));
  });

  it('starts with a comment and says what each part is for', async () => {
    write({ Dockerfile: '' });
    const text = workspaces.describe(await workspaces.load(folder));
    expect(text).toMatch(/^# /);
    for (const part of ['build', 'tests', 'env', 'environments']) {
      expect(text).toMatch(new RegExp(`\\n\\n#[^\\n]*\\n(#[^\\n]*\\n)*${part}:`));
    }
  });

  it('refuses a workspace without a config', async () => {
    const loaded = await workspaces.load(folder);
    expect(() => workspaces.describe(loaded)).toThrow(expect.objectContaining({ code: 'config-invalid' }));
  });
});
