import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Workspaces } from '#main/core/ports.ts';
import { configOf, createWorkspaceFolder, type WorkspaceFolder } from './workspace-folder.ts';

let at: WorkspaceFolder;
let folder: string;
let workspaces: Workspaces;
const write: WorkspaceFolder['write'] = (files) => at.write(files);
const _loadText: WorkspaceFolder['loadText'] = (text) => at.loadText(text);

beforeEach(() => {
  at = createWorkspaceFolder();
  ({ folder, workspaces } = at);
});

afterEach(() => at.remove());

describe('a folder without gantry.yml', () => {
  it('is detected from its Dockerfile and env files', async () => {
    at.remote = 'git-name';
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
