import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

describe('a written gantry.yml', () => {
  it('gets every default filled in', async () => {
    const loaded = await loadText('name: shop\nenvironments:\n  dev: {}\n  prod: {}\n');
    expect(loaded).toEqual({
      folder,
      origin: 'written',
      problems: [],
      unbuildable: [],
      config: {
        name: 'shop',
        image: 'shop',
        build: {
          context: '.',
          dockerfile: 'Dockerfile',
          args: {},
          labels: {},
          secrets: {},
          ssh: {},
          contexts: {},
          matrix: {},
          atOnce: 2,
          platforms: [],
          pull: 'missing',
          network: 'default',
          extraHosts: {},
          cacheFrom: [],
          cacheTo: [],
          reproducible: true,
          attestations: { provenance: 'off', sbom: false },
          timeout: 1_800_000,
        },
        tests: [],
        watch: { debounce: 300 },
        registry: { insecure: [] },
        tags: { release: ['{{version}}', '{{commit}}'], immutable: [], moving: ['{{environment}}'] },
        retention: { keep: 10, afterBuild: false },
        env: { public: [], required: [], optional: [] },
        environments: [
          {
            name: 'dev',
            envFile: '.env.dev',
            target: { kind: 'compose', config: { kind: 'compose', strategy: 'recreate', timeout: 600_000 } },
            health: { interval: 500, deadline: 120_000 },
            gates: { order: true, tests: true },
            confirm: 'click',
            onFailure: 'roll-back',
          },
          {
            name: 'prod',
            envFile: '.env.prod',
            target: { kind: 'compose', config: { kind: 'compose', strategy: 'recreate', timeout: 600_000 } },
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
    at.remote = 'Web_Shop.git';
    expect(configOf(await loadText('environments: { dev: {} }')).name).toBe('web_shop');
    at.remote = undefined;
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
      '17:5 environments.x.dup Unknown key "dup" in environments.x. Known here: envFile, repository, cell, target, health, gates, confirm, onFailure.',
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

  it('names a context and a Dockerfile that are not there, at their place: all but a build can be done', async () => {
    const noContext = await loadText('build:\n  context: app\nenvironments: { dev: {} }\n');
    expect(noContext.problems).toEqual([]);
    expect(saidOf(noContext, 'unbuildable')).toEqual([
      '2:12 build.context The build context app does not exist. Name a folder, relative to gantry.yml.',
    ]);
    expect(noContext.config?.build.context).toBe('app');
    write({ 'app/x': '' });
    const noDockerfile = await loadText(
      'build:\n  context: app\n  dockerfile: D\nenvironments: { dev: {} }\n',
    );
    expect(saidOf(noDockerfile, 'unbuildable')).toEqual([
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

  it.each<[string, string, string]>([
    [
      'a cell twice',
      'matrix: { PY: ["3.11", "3.12", "3.11"] }',
      'build.matrix The matrix has the cell PY=3.11 twice.',
    ],
    [
      'cells that a tag cannot tell apart',
      'matrix: { OS: [Alpine, alpine] }',
      'build.matrix The cells OS=Alpine and OS=alpine are too alike.',
    ],
    [
      'cells that a variable cannot tell apart',
      'matrix: { PY: ["3.1", 3-1] }',
      'build.matrix The cells PY=3.1 and PY=3-1 are too alike.',
    ],
    ['a version that YAML cuts', 'matrix: { PY: [3.10] }', 'because YAML reads 3.10 as 3.1'],
    ['a cell too long for a tag', `matrix: { PY: [${'x'.repeat(70)}] }`, 'is too long for a tag.'],
    [
      'more cells than anybody builds',
      `matrix: { ${['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I'].map((key) => `${key}: [1, 2, 3, 4, 5, 6, 7, 8, 9]`).join(', ')} }`,
      'not more than 256 combinations',
    ],
    [
      'an argument that every cell sets',
      'args: { PY: 3 }, matrix: { PY: [3] }',
      'build.args.PY PY is in the matrix as well.',
    ],
    ['a context of a kind that nobody fetches', 'contexts: { lib: "oci-layout://x" }', 'build.contexts.lib'],
  ])('names %s', async (_name, build, said) => {
    const loaded = await loadText(`build: { ${build} }\nenvironments: { dev: {} }\n`);
    expect(saidOf(loaded)).toEqual([expect.stringContaining(said)]);
  });

  it('takes a matrix, and gives each environment its cell', async () => {
    const config = configOf(
      await loadText(
        'build: { matrix: { PY: [3, "3.11"], OS: [a, b] }, contexts: { lib: libs, base: docker-image://x, web: https://h/x.git } }\nenvironments: { dev: {}, prod: { cell: { OS: b, PY: 3.11 } } }\n',
      ),
    );
    expect(config.environments.map(({ cell }) => cell)).toEqual(['PY=3,OS=a', 'PY=3.11,OS=b']);
  });

  it.each<[string, string | undefined]>([
    ['where: host, junit: out/junit.xml', undefined],
    ['where: host, junit: /tmp/junit.xml', 'The report of test t is outside the workspace.'],
    ['where: host, junit: ../junit.xml', 'The report of test t is outside the workspace.'],
    ['where: image, junit: /tmp/junit.xml', undefined],
    ['where: image, junit: junit.xml', 'The report of test t has no place in the container.'],
  ])('knows where a test’s report may be: %s', async (test, said) => {
    const loaded = await loadText(`tests:\n  - { name: t, run: [x], ${test} }\nenvironments: { dev: {} }\n`);
    expect(saidOf(loaded)).toEqual(
      said === undefined ? [] : [expect.stringContaining(`tests[0].junit ${said}`)],
    );
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
