import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkWithoutLedger, createGantry } from '#main/create-gantry.ts';
import { createInProcessClient } from '#main/shell/in-process-client.ts';
import { checkSchema } from '#shared/domain/system.ts';
import { type CliRun, runGantry } from '#test/unit/cli/run-gantry.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gantry-first-errors-'));
  env = { PATH: process.env.PATH, DOCKER_HOST: 'unix:///nowhere/docker.sock' };
});
afterEach(() => rm(root, { recursive: true, force: true }));

let env: { PATH: string | undefined; DOCKER_HOST: string };

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(root, 'shop');
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

const optionsFor = () => ({ home: join(root, 'home'), shell: 'cli', env, version: '0.0.0' }) as const;

/** The command line on a true Gantry, without an engine. */
function gantry(folder: string, ...args: readonly string[]): Promise<CliRun> {
  const options = optionsFor();
  return runGantry(['-C', folder, ...args], {
    openGantry: () => createGantry(options),
    checkWithoutLedger: (error) => checkWithoutLedger(options, error),
  });
}

const nothingHere = (folder: string) => ({
  message: `${folder} has neither a gantry.yml nor a Dockerfile.`,
  hint: 'Add a Dockerfile, or open the folder that has one; gantry.yml can name one elsewhere under build.',
});

const dockerfile = 'FROM scratch\n';
const oneMistake = 'name: shop\nimagee: shop\nenvironments: { dev: {} }\n';
const twoMistakes = oneMistake.replace('name', 'nam');

describe('the folders that the app offers', () => {
  async function recent(): Promise<string[]> {
    const opened = await createGantry(optionsFor());
    const { client, close } = createInProcessClient(opened.router);
    const folders = (await client.workspaces.recent()).map(({ folder }) => folder);
    close();
    await opened.dispose();
    return folders;
  }

  test('are those that were a workspace when a command was tried there', async () => {
    for (const command of ['status', 'history', 'build']) {
      expect((await gantry(await folderWith({}), command)).code).toBe(2);
    }
    expect((await gantry(root, 'status')).code).toBe(2);
    expect(await recent()).toEqual([]);
    const folder = await folderWith({ Dockerfile: dockerfile });
    expect((await gantry(folder, 'status')).code).toBe(0);
    expect(await recent()).toEqual([folder]);
  });

  test('also with a gantry.yml that is wrong', async () => {
    const folder = await folderWith({ 'gantry.yml': 'nothing: right\n' });
    expect((await gantry(folder, 'status')).code).toBe(2);
    expect(await recent()).toEqual([folder]);
  });

  test('the history of one that lost its Dockerfile still reads', async () => {
    const folder = await folderWith({ Dockerfile: dockerfile });
    await gantry(folder, 'status');
    await rm(join(folder, 'Dockerfile'));
    expect(await gantry(folder, 'history')).toMatchObject({ code: 0, stdout: 'No runs.\n' });
    expect((await gantry(folder, 'status')).stderr).toContain(nothingHere(folder).message);
  });
});

describe('a home that cannot be used', () => {
  test('is one error', async () => {
    await writeFile(join(root, 'home'), '');
    const { code, stderr } = await gantry(await folderWith({ Dockerfile: dockerfile }), 'status');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error: .*home is a file, not a folder\.\nhint: {2}Set GANTRY_HOME to a folder.*\n$/,
    );
  });

  test('is one of the doctor’s findings', async () => {
    await writeFile(join(root, 'home'), '');
    const { code, stdout, stderr } = await gantry(await folderWith({}), 'doctor', '--json');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const checks = checkSchema.array().parse(JSON.parse(stdout));
    expect(checks.map(({ id }) => id)).toEqual(['engine', 'compose', 'git', 'ledger']);
    expect(checks.at(-1)).toMatchObject({ result: 'bad', detail: expect.stringContaining('is a file') });
  });
});

describe('the doctor', () => {
  const found = async (id: string) => {
    const { stdout } = await gantry(await folderWith({ Dockerfile: dockerfile }), 'doctor', '--json');
    return checkSchema
      .array()
      .parse(JSON.parse(stdout))
      .find((check) => check.id === id);
  };

  test('says once that the engine does not answer', async () => {
    expect((await found('engine'))?.detail.match(/does not answer/g)).toHaveLength(1);
  });

  test('finds git', async () => {
    expect(await found('git')).toMatchObject({ result: 'ok', detail: expect.stringMatching(/^\d+\.\d+/) });
  });

  test('says what does not work without git', async () => {
    env.PATH = root;
    expect(await found('git')).toMatchObject({
      result: 'note',
      detail: 'There is no git command.',
      hint: expect.stringContaining('gantry git-tag'),
    });
  });
});

describe('what is wrong in files', () => {
  test.each(['status', 'build', 'init', 'trust'])(
    '%s where nothing is: that is the error',
    async (command) => {
      const folder = await folderWith({});
      const { message, hint } = nothingHere(folder);
      const { code, stderr } = await gantry(folder, command);
      expect({ code, stderr }).toEqual({ code: 2, stderr: `error: ${message}\nhint:  ${hint}\n` });
      const { error } = JSON.parse((await gantry(folder, command, '--json')).stdout);
      expect(error).toMatchObject({ code: 'config-invalid', ...nothingHere(folder) });
    },
  );

  test('one mistake is the error, with its place', async () => {
    const folder = await folderWith({ Dockerfile: dockerfile, 'gantry.yml': oneMistake });
    const { stderr } = await gantry(folder, 'status');
    expect(stderr).toBe('error: gantry.yml:2:1: Unknown key "imagee".\nhint:  Did you mean "image"?\n');
  });

  test('of several the first is named, and all are listed', async () => {
    const folder = await folderWith({ Dockerfile: dockerfile, 'gantry.yml': twoMistakes });
    const { stderr } = await gantry(folder, 'status');
    expect(stderr.split('\n')).toEqual([
      'error: gantry.yml:1:1: Unknown key "nam". One more thing is wrong.',
      'hint:  Did you mean "name"? Correct the other too, then try again.',
      'gantry.yml:1:1 Unknown key "nam". - Did you mean "name"?',
      'gantry.yml:2:1 Unknown key "imagee". - Did you mean "image"?',
      '',
    ]);
  });

  test('the doctor lists what is wrong in gantry.yml', async () => {
    const folder = await folderWith({ Dockerfile: dockerfile, 'gantry.yml': twoMistakes });
    const { code, stdout } = await gantry(folder, 'doctor');
    expect(code).toBe(1);
    expect(stdout).toContain('✗ Workspace: gantry.yml:1:1: Unknown key "nam". One more thing is wrong.\n');
    expect(stdout).toContain('  gantry.yml:2:1 Unknown key "imagee". - Did you mean "image"?\n');
  });

  test('the doctor lists what is wrong in an env file', async () => {
    const yaml = 'name: shop\nenvironments:\n  dev: {}\n';
    const folder = await folderWith({
      Dockerfile: dockerfile,
      'gantry.yml': yaml,
      '.env.dev': 'no line\nnor this\n',
    });
    const { stdout } = await gantry(folder, 'doctor');
    expect(stdout).toContain('  .env.dev:2');
  });
});
