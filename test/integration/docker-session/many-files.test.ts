import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { createEngine } from '#main/docker/engine.ts';
import { testEngine } from '#test/engine/for-tests.ts';
import { build, type Context, makeContext, request, unique } from '../docker/fixture.ts';

const shared = testEngine();
const env = { ...process.env, ...shared.env };
const run = promisify(execFile);
const tags = [`${unique}-many:ours`, `${unique}-many:theirs`] as const;
let context: Context | undefined;

afterAll(async () => {
  await run('docker', ['rmi', '--force', ...tags], { env });
  await context?.remove();
});

/** The engine asks for the first of them while the last are told. */
test('more files than are told at once arrive as buildx sends them', async () => {
  const files = Array.from({ length: 6_000 }, (_, at): [string, string] => [
    `${at % 50}/${'name-'.repeat(20)}${at}`,
    `${at}`,
  ]);
  context = await makeContext({
    Dockerfile: `FROM ${shared.baseImage}\nCOPY . /app\n`,
    ...Object.fromEntries(files),
  });
  // At rest, as it is told without a copy of each file's facts.
  await pause(200);
  // As a command, which keeps no context.
  const engine = createEngine({ env, homeFolder: '/nonexistent' });
  const built = await build(engine, request(context, { labels: {}, tag: tags[0] }));
  const theirs = await run('docker', ['buildx', 'build', '--quiet', '--tag', tags[1], context.folder], {
    env,
  });
  expect(built.imageId).toBe(theirs.stdout.trim());
  expect(built.outputs.filter(({ kind }) => kind === 'sent')).toEqual([
    expect.objectContaining({ files: 6_001, isFirst: true }),
  ]);
});
