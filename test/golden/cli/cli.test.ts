import { expect, it } from 'vitest';
import { GantryError } from '#shared/domain/errors.ts';
import { runEventSchema } from '#shared/domain/run-events.ts';
import { type RunOptions, runGantry } from '#test/unit/cli/run-gantry.ts';
import { buildEvents, runEvents, sampleLog, sampleNotes, samplePrune, samplePlan, sampleRun, sampleWorkspace } from '#test/unit/cli/samples.ts';

const commands = [
  'build',
  'plan',
  'deploy',
  'promote',
  'rollback',
  'retry',
  'give-up',
  'git-tag',
  'images',
  'compare',
  'push',
  'tag',
  'adopt',
  'pin',
  'unpin',
  'prune',
  'status',
  'diff',
  'history',
  'logs',
  'notes',
  'cancel',
  'hold',
  'lift',
  'init',
  'trust',
  'doctor',
  'targets',
  'schema',
  'open',
  'serve',
];

it.each([[], ...commands.map((command) => [command])])('help %s', async (...command) => {
  const run = await runGantry([...command, '--help']);
  expect(run.code).toBe(0);
  expect(run.gantry.calls).toEqual([]);
  await expect(run.stdout).toMatchFileSnapshot(`help/${command[0] ?? 'gantry'}.txt`);
});

it('no command is without its help', async () => {
  const { stdout } = await runGantry(['--help']);
  const listed = [...stdout.matchAll(/^ {2}([a-z][a-z-]*)(?: \[| <|  )/gm)].map(([, name]) => name);
  expect(listed.filter((name) => name !== 'help').sort()).toEqual([...commands].sort());
});

const madeRelease = runEventSchema.parse({
  kind: 'release-recorded',
  release: 'r-77ab10',
  version: '0.2.0',
  imageId: `sha256:${'a'.repeat(64)}`,
});
const history = [sampleRun(), sampleRun({ id: 6, state: 'failed', summary: 'web never became healthy' })];
const good = { events: runEvents('succeeded') };
const probed = (step: string, ...answers: boolean[]) =>
  runEventSchema.parse({
    kind: 'health-probed',
    step,
    check: '/healthz',
    probes: answers.map((ok) => ({ at: 1_782_907_200_000, ok, ms: 4, text: ok ? '200' : '503' })),
  });
const past = runEvents('failed').toSpliced(-2, 0, probed('start', false, true), probed('start', true));
const problems = [
  {
    file: 'gantry.yml',
    line: 3,
    column: 5,
    path: 'environments.prod',
    what: 'unknown key confrim',
    hint: 'confirm',
  },
  { file: 'gantry.yml', what: 'it is empty', hint: 'gantry init writes one' },
];
const invalid = () => {
  throw new GantryError('config-invalid', 'gantry.yml has 2 problems.', 'Mend them.', { problems });
};

type Case = { readonly name: string; readonly argv: readonly string[]; readonly options?: RunOptions };
const cases: readonly Case[] = [
  { name: 'status', argv: ['status'] },
  { name: 'status-invalid', argv: ['status'], options: { board: invalid } },
  { name: 'plan', argv: ['plan', 'promote', 'staging'] },
  {
    name: 'plan-registry',
    argv: ['plan', 'promote', 'staging'],
    options: {
      plan: () => samplePlan({
        availability: [
          {
            kind: 'promote',
            ref: 'ghcr.io/acme/chatbot:r-77ab10',
            digest: `sha256:${'d'.repeat(64)}`,
            from: `quay.io/acme/chatbot@sha256:${'d'.repeat(64)}`,
            isSameRegistry: false,
            bytes: 84_000_000,
          },
        ],
        tags: [
          { ref: 'ghcr.io/acme/chatbot:latest', isMoving: true, before: `sha256:${'e'.repeat(64)}`, after: `sha256:${'d'.repeat(64)}` },
          { ref: 'ghcr.io/acme/chatbot:1.0', isMoving: false, after: `sha256:${'d'.repeat(64)}` },
        ],
      }),
    },
  },
  { name: 'diff', argv: ['diff', 'dev', 'staging'] },
  { name: 'compare', argv: ['compare', 'staging', 'r-77ab10'] },
  { name: 'history', argv: ['history'], options: { history } },
  { name: 'logs', argv: ['logs', '1'], options: { log: sampleLog(), past } },
  { name: 'logs-of-a-step', argv: ['logs', '1', '--step', 'find-image'], options: { log: sampleLog(), past } },
  { name: 'doctor', argv: ['doctor'] },
  { name: 'targets', argv: ['targets'] },
  { name: 'schema', argv: ['schema'] },
  { name: 'init', argv: ['init'] },
  { name: 'trust', argv: ['trust'], options: { workspace: sampleWorkspace({ trusted: false }) } },
  { name: 'hold', argv: ['hold', 'prod', 'audit'] },
  { name: 'lift', argv: ['lift', 'prod'] },
  { name: 'cancel', argv: ['cancel', '1'] },
  { name: 'promote', argv: ['promote', 'staging', '--yes'], options: good },
  { name: 'promote-failed', argv: ['promote', 'staging', '--yes'], options: { events: runEvents('failed') } },
  { name: 'build', argv: ['build'], options: { events: buildEvents('succeeded') } },
  { name: 'build-failed', argv: ['build'], options: { events: buildEvents('failed') } },
  {
    name: 'build-git-tag',
    argv: ['build', '--git-tag', 'v0.2.0'],
    options: {
      events: buildEvents('succeeded').toSpliced(-1, 0, madeRelease),
      workspace: sampleWorkspace({ git: { ...sampleWorkspace().git, uncommittedFiles: 0 } }),
    },
  },
  { name: 'build-git-tag-dirty', argv: ['build', '--git-tag'] },
  { name: 'git-tag', argv: ['git-tag', '0.2.0'] },
  { name: 'notes', argv: ['notes'], options: { notes: sampleNotes() } },
  { name: 'notes-markdown', argv: ['notes', '0.2.0', '--markdown'], options: { notes: sampleNotes() } },
  { name: 'images', argv: ['images'] },
  { name: 'prune-preview', argv: ['prune', '--preview'] },
  {
    name: 'prune-nothing',
    argv: ['prune', '--yes'],
    options: { prune: samplePrune({ goes: [], gone: 0, notes: [] }) },
  },
  { name: 'prune-unasked', argv: ['prune'] },
  { name: 'pin', argv: ['pin', 'r-77ab10', '--note', 'the audit'] },
  { name: 'unpin', argv: ['unpin', '0.2.0'] },
  { name: 'rollback-list', argv: ['rollback', 'prod', '--list'] },
  { name: 'usage', argv: ['fly'] },
];

it.each(cases)('text of $name', async ({ name, argv, options }) => {
  const { code, stdout, stderr } = await runGantry(argv, options);
  await expect(`${stdout}--- stderr\n${stderr}--- exit ${code}\n`).toMatchFileSnapshot(`text/${name}.txt`);
});

it.each(cases)('json of $name', async ({ name, argv, options }) => {
  const { stdout } = await runGantry([...argv, '--json'], options);
  // One document and nothing else.
  expect(() => JSON.parse(stdout)).not.toThrow();
  await expect(stdout).toMatchFileSnapshot(`json/${name}.json`);
});

it('a log that is followed ends with the health and as the run did; in JSON it is lines alone', async () => {
  const options = { log: sampleLog(), past };
  const { code, stdout } = await runGantry(['logs', '1', '--follow'], options);
  expect(code).toBe(1);
  expect(stdout).toMatch(/web crashed\n- Start the containers: \/healthz 2 of 3 good\n$/);
  const lines = (await runGantry(['logs', '1', '--follow', '--json'], options)).stdout.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(sampleLog());
});
