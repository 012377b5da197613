import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGantry } from '#main/create-gantry.ts';
import { type CliRun, runGantry } from '#test/unit/cli/run-gantry.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gantry-first-errors-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const env = { PATH: process.env.PATH, DOCKER_HOST: 'unix:///nowhere/docker.sock' };

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(root, 'shop');
  await mkdir(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/** The command line on a true Gantry, without an engine. */
function gantry(folder: string, ...args: readonly string[]): Promise<CliRun> {
  const home = join(root, 'home');
  return runGantry(['-C', folder, ...args], {
    openGantry: (shell) => createGantry({ home, shell, env, version: '0.0.0' }),
  });
}

const nothingHere = (folder: string) => ({
  message: `${folder} has neither a gantry.yml nor a Dockerfile.`,
  hint: 'Add a Dockerfile, or open the folder that has one; gantry.yml can name one elsewhere under build.',
});

const dockerfile = 'FROM scratch\n';
const oneMistake = 'name: shop\nimagee: shop\nenvironments: { dev: {} }\n';
const twoMistakes = oneMistake.replace('name', 'nam');

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
