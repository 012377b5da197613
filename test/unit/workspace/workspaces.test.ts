import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoadedWorkspace, Workspaces } from '#main/core/ports.ts';
import { createTargets } from '#main/targets/index.ts';
import { createWorkspaces } from '#main/workspace/workspaces.ts';
import type { WorkspaceConfig } from '#shared/domain/workspace-config.ts';

let folder: string;
let remote: string | undefined;
let workspaces: Workspaces;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'gantry-workspace-')));
  remote = undefined;
  workspaces = createWorkspaces({ targets: createTargets().list(), remoteName: async () => remote });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

async function loadText(text: string): Promise<LoadedWorkspace> {
  write({ 'gantry.yml': text, Dockerfile: 'FROM scratch\n' });
  return workspaces.load(folder);
}

/** `line:column path what hint` */
function saidOf(loaded: LoadedWorkspace): string[] {
  return loaded.problems.map(
    ({ line, column, path, what, hint }) => `${line ?? '-'}:${column ?? '-'} ${path ?? '-'} ${what} ${hint}`,
  );
}

function configOf(loaded: LoadedWorkspace): WorkspaceConfig {
  if (loaded.config === undefined) throw new Error(`no config: ${saidOf(loaded).join('\n')}`);
  return loaded.config;
}

describe('a written gantry.yml', () => {
  it('gets every default filled in', async () => {
    const loaded = await loadText('name: shop\nenvironments:\n  dev: {}\n  prod: {}\n');
    expect(loaded).toEqual({
      folder,
      origin: 'written',
      problems: [],
      config: {
        name: 'shop',
        image: 'shop',
        build: { context: '.', dockerfile: 'Dockerfile', args: {}, labels: {}, timeout: 1_800_000 },
        tests: [],
        env: { public: [], required: [], optional: [] },
        environments: [
          {
            name: 'dev',
            envFile: '.env.dev',
            target: { kind: 'compose', config: { kind: 'compose', timeout: 600_000 } },
            health: { interval: 500, deadline: 120_000 },
            gates: { order: true, tests: true },
            confirm: 'click',
            onFailure: 'roll-back',
          },
          {
            name: 'prod',
            envFile: '.env.prod',
            target: { kind: 'compose', config: { kind: 'compose', timeout: 600_000 } },
            health: { interval: 500, deadline: 120_000 },
            gates: { order: true, tests: true },
            confirm: 'typed',
            onFailure: 'roll-back',
          },
        ],
      },
    });
  });

  it('keeps environments in the order in which they are written', async () => {
    const config = configOf(await loadText('environments: { prod: {}, dev: {}, a: {} }'));
    expect(config.environments.map((environment) => [environment.name, environment.confirm])).toEqual([
      ['prod', 'click'],
      ['dev', 'click'],
      ['a', 'typed'],
    ]);
  });

  it('takes its name from the git remote, else from the folder', async () => {
    remote = 'Web_Shop.git';
    expect(configOf(await loadText('environments: { dev: {} }')).name).toBe('web_shop');
    remote = undefined;
    expect(configOf(await loadText('environments: { dev: {} }')).name).toMatch(
      /^gantry-workspace-[a-z0-9]+$/,
    );
  });

  it('reports every problem at once, in file order, each with its place and what would be right', async () => {
    const loaded = await loadText(
      [
        'nmae: x',
        'name: Bad Name',
        'build: { timeout: 30, args: { 1x: a, B: [1] } }',
        'tests:',
        '  - name: a',
        '    run: npm test',
        '    were: image',
        'environments:',
        '  Dev: {}',
        '  prod:',
        '    target: { kind: compse }',
        '    confirm: type',
        '  x:',
        '    target: { kind: compose, projekt: a }',
        '    envFile: ../outside',
        '    dup: 1',
        '    dup: 2',
        '  y:',
        '    target: compose',
      ].join('\n'),
    );
    expect(loaded.config).toBeUndefined();
    expect(saidOf(loaded)).toEqual([
      '1:1 nmae Unknown key "nmae". Did you mean "name"?',
      '2:7 name name is "Bad Name". Right would be: lower case letters, digits, - and _.',
      '3:19 build.timeout build.timeout is a number (30). Right would be: a number with a unit, such as 500ms, 90s, 2m or 1h.',
      '3:31 build.args.1x "1x" cannot be a name here. Right would be: a variable name: letters, digits and _, not starting with a digit.',
      '3:41 build.args.B build.args.B is a list. Right would be: text (quote it where YAML reads a number, true or false) or a number or true or false.',
      '6:10 tests[0].run tests[0].run is text ("npm test"). Right would be: a list, such as [a, b].',
      '7:5 tests[0].were Unknown key "were" in tests[0]. Did you mean "where"?',
      '9:3 environments.Dev "Dev" cannot be a name here. Right would be: starts with a letter and has only a-z, 0-9 and -, at most 31.',
      '11:21 environments.prod.target.kind There is no target "compse". Did you mean "compose"?',
      '12:14 environments.prod.confirm environments.prod.confirm is "type". Did you mean "typed"?',
      '14:30 environments.x.target.projekt Unknown key "projekt" in environments.x.target. Did you mean "project"?',
      '15:14 environments.x.envFile environments.x.envFile is "../outside". Right would be: a path inside the workspace, relative to gantry.yml.',
      '17:5 - Map keys must be unique. Keep one of the two.',
      '17:5 environments.x.dup Unknown key "dup" in environments.x. Known here: envFile, target, health, gates, confirm, onFailure.',
      '19:13 environments.y.target environments.y.target is text ("compose"). Right would be: a mapping with a kind, such as { kind: compose }.',
    ]);
  });

  it.each([
    ['an empty file', '', '-:- - The file is empty.'],
    ['only comments', '# later\n', '-:- - The file is empty.'],
    ['no environments', 'name: x\n', '1:1 environments environments is missing.'],
    ['an empty mapping of environments', 'environments: {}\n', '1:15 environments environments is empty.'],
    ['environments without a value', 'environments:\n', '1:1 environments environments is empty.'],
    ['a list at the top', '- a\n', '1:1 - The file is a list.'],
    ['a value at the top', 'hello\n', '1:1 - The file is text ("hello").'],
    ['two documents', 'environments: { dev: {} }\n---\na: 1\n', '2:1 - '],
    ['a tab as indentation', 'environments:\n\tdev: {}\n', '2:1 - '],
    ['an open quote', 'name: "x\nenvironments: { dev: {} }\n', '3:1 - Missing closing'],
    ['an open bracket', 'environments: { dev: {}\n', '2:1 - '],
    ['an unknown tag', 'name: !secret x\nenvironments: { dev: {} }\n', '1:7 - Unresolved tag'],
    ['an alias to nothing', 'name: *nope\nenvironments: { dev: {} }\n', '1:7 - There is no anchor'],
  ])('%s is one problem with a place', async (_name, text, start) => {
    const loaded = await loadText(text);
    expect(loaded.config).toBeUndefined();
    expect(loaded.problems).toHaveLength(1);
    expect(saidOf(loaded)[0]?.slice(0, start.length)).toBe(start);
    expect(loaded.problems[0]?.hint).not.toBe('');
  });

  it('reads anchors and merges', async () => {
    const config = configOf(
      await loadText(
        'environments:\n  dev: &base\n    health: { http: /ok }\n  prod:\n    <<: *base\n    confirm: click\n',
      ),
    );
    expect(config.environments.map(({ health, confirm }) => [health.http, confirm])).toEqual([
      ['/ok', 'click'],
      ['/ok', 'click'],
    ]);
  });

  it('says what an alias bomb is instead of exploding', async () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`,
    );
    const loaded = await loadText(`l0: &l0 [x]\n${levels.join('\n')}\n`);
    expect(saidOf(loaded)).toEqual([expect.stringContaining('Excessive alias count')]);
  });

  it.each([
    ['__proto__: 1\nenvironments: { dev: {} }\n', '1:1 __proto__ Unknown key "__proto__"'],
    [
      'environments: { constructor: 1 }\n',
      '1:30 environments.constructor environments.constructor is a number',
    ],
  ])('a key that JavaScript knows is a key like any other: %s', async (text, start) => {
    expect(saidOf(await loadText(text))[0]).toContain(start);
  });

  it('names a context and a Dockerfile that are not there, at their place, and still gives the config', async () => {
    const noContext = await loadText('build:\n  context: app\nenvironments: { dev: {} }\n');
    expect(saidOf(noContext)).toEqual([
      '2:12 build.context The build context app does not exist. Name a folder, relative to gantry.yml.',
    ]);
    expect(noContext.config?.build.context).toBe('app');
    write({ 'app/x': '' });
    const noDockerfile = await loadText(
      'build:\n  context: app\n  dockerfile: D\nenvironments: { dev: {} }\n',
    );
    expect(saidOf(noDockerfile)).toEqual([
      '3:15 build.dockerfile There is no D in app. Add it, or name another under build.dockerfile, relative to the context.',
    ]);
  });

  it('does not mind an env file that is not there', async () => {
    expect((await loadText('environments: { dev: { envFile: gone } }')).problems).toEqual([]);
  });

  it('names two tests of one name, and a key both required and optional', async () => {
    const loaded = await loadText(
      'tests:\n  - { name: a, run: [x] }\n  - { name: a, run: [y] }\nenv: { required: [A], optional: [B, A] }\nenvironments: { dev: {} }\n',
    );
    expect(saidOf(loaded)).toEqual([
      '3:13 tests[1].name Two tests are called "a". Give each test a name of its own: runs tell them apart by it.',
      '4:37 env.optional[1] A is both required and optional. Keep it in one of the two lists.',
    ]);
  });

  it('counts lines right with CRLF and a byte order mark', async () => {
    const loaded = await loadText('\uFEFFname: x\r\n\r\nenvironments:\r\n  dev: { confirm: no way }\r\n');
    expect(saidOf(loaded)[0]).toContain('4:19 environments.dev.confirm');
  });

  it('that is no text, or far too large, is a problem', async () => {
    writeFileSync(join(folder, 'gantry.yml'), Buffer.from([0x6e, 0xff, 0xfe, 0x00]));
    expect(saidOf(await workspaces.load(folder))).toEqual([
      '-:- - The file is not UTF-8 text. Save it as UTF-8.',
    ]);
    writeFileSync(join(folder, 'gantry.yml'), '#'.repeat(1_048_577));
    expect(saidOf(await workspaces.load(folder))[0]).toContain('larger than 1 MiB');
  });
});

describe('a folder without gantry.yml', () => {
  it('is detected from its Dockerfile and env files', async () => {
    remote = 'git-name';
    write({
      Dockerfile: '',
      'compose.yml': '',
      '.env.prod': '',
      '.env.dev': '',
      '.env.staging': '',
      '.env.example': '',
    });
    const loaded = await workspaces.load(folder);
    expect(loaded.origin).toBe('detected');
    expect(loaded.problems).toEqual([]);
    const config = configOf(loaded);
    expect(config.name).toBe('git-name');
    expect(config.environments.map((environment) => environment.name)).toEqual(['dev', 'staging', 'prod']);
  });

  it('is built as its compose file says, where that Dockerfile exists', async () => {
    write({
      'compose.yml': 'services: { db: { build: gone }, web: { build: { context: app, target: t } } }',
      'app/Dockerfile': '',
    });
    expect(configOf(await workspaces.load(folder)).build).toMatchObject({
      context: 'app',
      dockerfile: 'Dockerfile',
      target: 't',
    });
    rmSync(join(folder, 'app'), { recursive: true });
    write({ Dockerfile: '' });
    expect(configOf(await workspaces.load(folder)).build).toMatchObject({
      context: '.',
      dockerfile: 'Dockerfile',
    });
  });

  it('and without a Dockerfile says what is missing', async () => {
    const loaded = await workspaces.load(folder);
    expect(loaded.config).toBeUndefined();
    expect(loaded.problems).toEqual([
      {
        file: 'gantry.yml',
        what: `${folder} has neither a gantry.yml nor a Dockerfile.`,
        hint: 'Add a Dockerfile, or open the folder that has one; gantry.yml can name one elsewhere under build.',
      },
    ]);
  });

  it.each(['gantry.yaml', '.gantry.yml', 'Gantry.yml'])('but with %s asks to rename it', async (name) => {
    write({ [name]: 'environments: { dev: {} }', Dockerfile: '' });
    const loaded = await workspaces.load(folder);
    expect(loaded.config).toBeUndefined();
    expect(loaded.problems).toEqual([
      { file: name, what: `Gantry reads gantry.yml, not ${name}.`, hint: 'Rename it to gantry.yml.' },
    ]);
  });

  it('that does not exist, or is a file, is refused', async () => {
    await expect(workspaces.load(join(folder, 'gone'))).rejects.toMatchObject({ code: 'workspace-missing' });
    write({ file: '' });
    await expect(workspaces.load(join(folder, 'file'))).rejects.toMatchObject({
      code: 'workspace-missing',
      message: expect.stringContaining('is a file'),
    });
  });

  it('is known by its real path', async () => {
    write({ 'real/Dockerfile': '' });
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    expect((await workspaces.load(join(folder, 'link'))).folder).toBe(join(folder, 'real'));
  });
});

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
  prod: { confirm: click, target: { kind: compose, file: one.yml } }
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

describe('writeConfig', () => {
  it('never overwrites', async () => {
    expect(await workspaces.writeConfig(folder, 'a: 1\n')).toBe(join(folder, 'gantry.yml'));
    await expect(workspaces.writeConfig(folder, 'b: 2\n')).rejects.toMatchObject({ code: 'config-invalid' });
  });
});

describe('readEnvFile', () => {
  it('gives entries with their lines', async () => {
    write({ '.env.dev': 'A=1\n\nB="x y"\n' });
    expect(await workspaces.readEnvFile(folder, '.env.dev')).toEqual([
      { key: 'A', value: '1', line: 1 },
      { key: 'B', value: 'x y', line: 3 },
    ]);
  });

  it('tells a missing file from a missing workspace', async () => {
    await expect(workspaces.readEnvFile(folder, '.env.dev')).rejects.toMatchObject({
      code: 'env-file-missing',
      message: 'There is no env file .env.dev.',
    });
    await expect(workspaces.readEnvFile(join(folder, 'gone'), '.env.dev')).rejects.toMatchObject({
      code: 'workspace-missing',
    });
  });

  it('names every bad line, and no value', async () => {
    write({ '.env.dev': 'A=1\n2B=s3cret\nC = "open s3cret\nD=fine\nE s3cret\n' });
    const error = await workspaces.readEnvFile(folder, '.env.dev').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'env-file-invalid',
      problems: [
        { file: '.env.dev', line: 2, column: 1 },
        { file: '.env.dev', line: 3, column: 5, path: 'C' },
        { file: '.env.dev', line: 5, column: 3, path: 'E' },
      ],
    });
    expect(JSON.stringify(error)).not.toContain('s3cret');
  });

  it('refuses what is no text file', async () => {
    mkdirSync(join(folder, '.env.dir'));
    await expect(workspaces.readEnvFile(folder, '.env.dir')).rejects.toMatchObject({
      code: 'env-file-invalid',
    });
    writeFileSync(join(folder, '.env.bin'), Buffer.from([0x41, 0x3d, 0xff]));
    await expect(workspaces.readEnvFile(folder, '.env.bin')).rejects.toMatchObject({
      code: 'env-file-invalid',
    });
  });
});

describe('packageVersion', () => {
  it.each([
    ['{"version":"1.2.3"}', '1.2.3'],
    ['{"version":" "}', undefined],
    ['{"version":3}', undefined],
    ['{}', undefined],
    ['[]', undefined],
    ['null', undefined],
    ['{', undefined],
  ])('%s -> %s', async (text, version) => {
    write({ 'package.json': text });
    expect(await workspaces.packageVersion(folder)).toBe(version);
  });

  it('is undefined without package.json', async () => {
    expect(await workspaces.packageVersion(folder)).toBeUndefined();
  });
});
