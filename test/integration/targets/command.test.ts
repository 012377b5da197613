import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Io } from '#main/core/ports.ts';
import { createCommands } from '#main/host/commands.ts';
import { createProcessTable } from '#main/host/process-table.ts';
import { commandTarget } from '#main/targets/command/index.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { ProcessIdentity } from '#shared/domain/processes.ts';
import { deploy, ioWith, place, resume, secrets, wishFor } from '#test/fakes/targets/wished-io.ts';
import { repository } from '#test/fakes/targets/wished-world.ts';

const processes = createProcessTable();
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-command-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const digest = `sha256:${'a'.repeat(64)}`;
const node = process.execPath;
/** Writes what it was given to a file, a line a run. */
const writes =
  "require('fs').appendFileSync('ran', JSON.stringify([process.argv.slice(1), process.env.TOKEN, process.env.GREETING, process.env.FROM_HOST]) + '\\n'); console.log('deployed'); console.error('careful')";
const run = [node, '-e', writes, '{{image}}', 'a b; touch {{environment}} $(id)'];
const config = (more: object = {}) => ({ kind: 'command', run, repository, ...more });
const prints = (text: string) => ({
  run: [node, '-e', `console.log(${JSON.stringify(text)})`],
  poll: '5ms',
  deadline: '20ms',
});
const io = (more: Partial<Io> = {}) =>
  ioWith({
    commands: createCommands({ processes, graceMs: 500 }),
    folder,
    hostVariables: () => ({ FROM_HOST: 'host' }),
    ...more,
  });
const runs = async () =>
  (await readFile(join(folder, 'ran'), 'utf8').catch(() => ''))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

test('no element is split and no shell reads it; values come by the environment alone; lines are the log', async () => {
  const outputs = await deploy(commandTarget, config({ env: { TOKEN: 'secret://env/TOKEN' } }), io());
  expect(await runs()).toEqual([
    [
      [`${repository}@${digest}`, 'a b; touch prod $(id)'],
      secrets['secret://env/TOKEN'],
      'from the env file',
      'host',
    ],
  ]);
  expect(outputs).toContainEqual({ kind: 'line', source: 'command', level: 'out', text: 'deployed' });
  expect(outputs).toContainEqual({ kind: 'line', source: 'command', level: 'err', text: 'careful' });
  expect(outputs.at(-1)).toMatchObject({ outcome: 'succeeded', isUnverified: true });
  expect(JSON.stringify(outputs)).not.toContain('s3cret');
});

test.each([
  ['a digest', `running ${digest}`],
  ['a release', 'r-1a2b3c'],
])('%s that observe prints is what is live', async (_, text) => {
  const observe = prints(text);
  expect((await deploy(commandTarget, config({ observe }), io())).at(-1)).toEqual({
    kind: 'end',
    outcome: 'succeeded',
    detail: 'r-1a2b3c is live',
  });
});

test('another one is a failure; an observe that fails is an error', async () => {
  const other = prints(`sha256:${'b'.repeat(64)}`);
  expect((await deploy(commandTarget, config({ observe: other }), io())).at(-1)).toMatchObject({
    outcome: 'failed',
  });
  const broken = { ...other, run: [node, '-e', 'process.exit(3)'] };
  await expect(deploy(commandTarget, config({ observe: broken }), io())).rejects.toThrow('ended with 3');
});

test('without a repository the image on the engine is told by its id', async () => {
  const observe = prints('r-1a2b3c');
  const { repository: _, ...local } = config({ observe });
  expect(commandTarget.imageRules?.(commandTarget.config.parse(local))).toEqual({
    needsImage: 'engine',
    compares: 'image-id',
  });
  expect((await deploy(commandTarget, local, io())).at(-1)).toMatchObject({ outcome: 'succeeded' });
  expect((await runs())[0][0][0]).toBe('shop:r-1a2b3c');
});

test('exit codes that are not expected are a no, a program that is not there is an error', async () => {
  const ends = (code: number) => [node, '-e', `process.exit(${code})`];
  expect((await deploy(commandTarget, config({ run: ends(4) }), io())).at(-1)).toMatchObject({
    outcome: 'failed',
    error: { code: 'target-refused' },
  });
  const expecting = config({ run: ends(4), exitCodes: [0, 4] });
  expect((await deploy(commandTarget, expecting, io())).at(-1)).toMatchObject({ outcome: 'succeeded' });
  await expect(deploy(commandTarget, config({ run: ['no-such-program'] }), io())).rejects.toMatchObject({
    code: 'target-unreachable',
  });
});

test('a cancel ends the program and what it started', async () => {
  const cancel = new AbortController();
  const forever = 'setInterval(() => {}, 1e6)';
  const starts = `const { pid } = require('child_process').spawn(process.execPath, ['-e', '${forever}']); console.log(pid); ${forever}`;
  const [step] = commandTarget.plan(
    wishFor(),
    { kind: 'empty', at: 1 },
    commandTarget.config.parse(config({ run: [node, '-e', starts] })),
  );
  if (step === undefined) throw new Error('a step is planned');
  let child: ProcessIdentity | undefined;
  const cancelled = (async () => {
    for await (const output of commandTarget.apply(step, io({ signal: cancel.signal }))) {
      if (output.kind !== 'line') continue;
      child = processes.identify(Number(output.text));
      cancel.abort();
    }
  })();
  await expect(cancelled).rejects.toThrow(/abort/i);
  if (child === undefined) throw new Error('it had not started another');
  expect(processes.isAlive(child)).toBe(false);
});

test('after a crash nothing is run again: what is live tells, or nobody knows', async () => {
  await expect(resume(commandTarget, config(), io())).rejects.toThrow('not known what it did');
  expect(await resume(commandTarget, config(), io(), 'exit 0')).toMatchObject({ isUnverified: true });
  const observe = prints(digest);
  expect(await resume(commandTarget, config({ observe }), io())).toMatchObject({ outcome: 'succeeded' });
  expect(await runs()).toEqual([]);
});

test('no program runs in a workspace that nobody trusts', async () => {
  const hostVariables = () => {
    throw new GantryError('workspace-untrusted', 'It is not trusted.', 'Trust it.');
  };
  await writeFile(join(folder, 'ran'), '');
  const observe = { run };
  const parsed = commandTarget.config.parse(config({ observe: { run: [node, '-e', writes] } }));
  expect(await commandTarget.observe(parsed, place, io({ hostVariables }))).toMatchObject({
    kind: 'unreachable',
    why: 'It is not trusted.',
  });
  await expect(deploy(commandTarget, config({ observe }), io({ hostVariables }))).rejects.toThrow('trusted');
  expect(await runs()).toEqual([]);
});
