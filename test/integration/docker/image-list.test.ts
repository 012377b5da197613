import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createEngine } from '#main/docker/engine.ts';
import { type ProvisionedEngine, provisionEngine } from '#test/engine/engine.ts';
import { testEngine } from '#test/engine/for-tests.ts';
import { whyNotProvisionable } from '#test/engine/machine.ts';
import { build, type Context, makeContext, request, unique } from './fixture.ts';

const run = promisify(execFile);
const stores =
  whyNotProvisionable() === undefined ? (['shared', 'containerd'] as const) : (['shared'] as const);

describe.each(stores)('every image of an engine: %s', (store) => {
  let own: ProvisionedEngine | undefined;
  let engine: ReturnType<typeof createEngine>;
  let docker: (...argv: readonly string[]) => Promise<string>;
  let contexts: readonly Context[];
  const ids: string[] = [];
  const tag = (name: string) => `${unique}-list:${name}`;

  beforeAll(async () => {
    if (store === 'containerd') own = await provisionEngine({ store });
    const { env, dockerBin } = own ?? testEngine();
    const whole = { ...process.env, ...env };
    engine = createEngine({ env: whole, homeFolder: '/nonexistent' });
    docker = async (...argv) => (await run(dockerBin, [...argv], { env: whole })).stdout.trim();
    // Three images: all share the first layer beside the base, the last two a second one as well.
    const { baseImage } = testEngine();
    const first = 'COPY shared /shared\nWORKDIR /srv\nENV A=1\n';
    contexts = await Promise.all(
      ['', 'COPY second /second\n', 'COPY second /second\nCOPY third /third\nRUN true\n'].map((more) =>
        makeContext({
          Dockerfile: `FROM ${baseImage}\n${first}${more}`,
          shared: 'a'.repeat(300_000),
          second: 'b'.repeat(200_000),
          third: 'c'.repeat(100_000),
        }),
      ),
    );
    for (const [index, context] of contexts.entries()) {
      ids.push((await build(engine, request(context, { tag: tag(String(index + 1)) }))).imageId);
    }
  });
  afterAll(async () => {
    for (const name of ['1', '2', '3', 'other']) await engine.untag(tag(name));
    await Promise.all(contexts.map((context) => context.remove()));
    await own?.stop();
  });

  test('is listed with its names, as docker lists it', async () => {
    await engine.tag(ids[0] ?? '', tag('other'));
    const listed = await engine.images();
    expect(listed.find(({ imageId }) => imageId === ids[0])?.names).toEqual([tag('1'), tag('other')].sort());
    const told = await docker(
      'images',
      '--no-trunc',
      '--format',
      '{{.ID}} {{.Repository}}:{{.Tag}}',
      tag('2'),
    );
    expect(told).toBe(`${ids[1]} ${tag('2')}`);
    expect(listed.find(({ imageId }) => imageId === ids[1])?.names).toEqual([tag('2')]);
  });

  test('frees what no other image has: layers that are shared go with the last of them', async () => {
    const sizes = z
      .array(z.coerce.number())
      .parse((await docker('history', '--human=false', '--format', '{{.Size}}', tag('3'))).split('\n'));
    const [empty = 0, third = 0, second = 0, , folder = 0, shared = 0] = sizes;
    expect([third, second, shared].map((size) => Math.round(size / 100_000))).toEqual([1, 2, 3]);
    const freed = async (...places: readonly number[]) =>
      (await engine.spaceOf(new Set(places.map((place) => ids[place] ?? '')))).bytes;
    expect(await freed(2)).toBe(third + empty);
    expect(await freed(1)).toBe(0);
    expect(await freed(1, 2)).toBe(third + empty + second);
    expect(await freed(0, 1, 2)).toBe(third + empty + second + folder + shared);
    const { isAtLeast } = await engine.spaceOf(new Set(ids));
    expect(isAtLeast).toBe(store === 'containerd');
    expect(await engine.spaceOf(new Set())).toMatchObject({ bytes: 0 });
  });
});
