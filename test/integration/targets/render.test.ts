import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StepOutput } from '#main/core/ports.ts';
import { renderTarget } from '#main/targets/render/index.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { type FakeRender, startFakeRender } from '#test/fakes/render/server.ts';
import {
  apiKey,
  collect,
  configFor,
  digest,
  type IoOptions,
  ioFor,
  otherDigest,
  place,
  repository,
  stepOf,
  wishFor,
} from '#test/fakes/render/steps.ts';

let render: FakeRender;
const childDigest = `sha256:${'c'.repeat(64)}`;
const resolved = new Map<string, string>();
beforeEach(async () => {
  resolved.clear();
  render = await startFakeRender({
    apiKey,
    imagePath: `${repository}:latest`,
    resolve: (ref) => resolved.get(ref) ?? /@(sha256:.{64})$/.exec(ref)?.[1] ?? otherDigest,
  });
});
afterEach(() => render.stop());

const posts = /^POST \/v1\/services\/[^/]+\/deploys$/;
const gets = /^GET .*\/deploys\/dep-/;
const sent = (match: RegExp) => render.account.asked.filter((line) => match.test(line)).length;
const newest = () => render.account.service.deploys[0];
const deploy = (options?: IoOptions) =>
  collect(renderTarget.apply(stepOf(render, 'deploy'), ioFor(render, options)));
const resumeStep = (step: PlannedStep, handle?: string, startedAt = Date.now()) => {
  const begun = { step, startedAt, ...(handle === undefined ? {} : { handle }) };
  const outputs = renderTarget.resume?.(begun, ioFor(render));
  if (outputs === undefined) throw new Error('render resumes');
  return collect(outputs);
};
const resume = (handle?: string, startedAt?: number) =>
  resumeStep(stepOf(render, 'deploy'), handle, startedAt);

describe('with an API key', () => {
  test('a deploy is asked for once, followed until it is live, and is what is observed then', async () => {
    render.account.service.autoDeploy = 'yes';
    render.account.service.branch = 'main';
    const config = configFor(render);
    const io = ioFor(render);
    expect(await renderTarget.check(config, place, io)).toEqual([]);
    expect(await renderTarget.observe(config, place, io)).toMatchObject({ kind: 'empty' });
    const ends: StepOutput[] = [];
    for (const step of renderTarget.plan(wishFor(), { kind: 'empty', at: 1 }, config)) {
      const outputs = await collect(renderTarget.apply(step, io));
      ends.push(...outputs.filter((output) => output.kind === 'end' || output.kind === 'handle'));
    }
    expect(ends).toEqual([
      expect.objectContaining({ outcome: 'succeeded' }),
      { kind: 'handle', handle: newest()?.id },
      expect.objectContaining({
        outcome: 'succeeded',
        detail: `${newest()?.id} is live with ${digest.slice(0, 19)}`,
      }),
      expect.objectContaining({ outcome: 'succeeded' }),
    ]);
    expect(sent(posts)).toBe(1);
    expect(await renderTarget.observe(config, place, io)).toMatchObject({
      kind: 'running',
      services: [{ name: 'shop-prod', imageId: digest, health: 'healthy', revision: newest()?.id }],
      address: 'https://shop-prod.onrender.com',
      notes: [expect.stringContaining('a push to main deploys over')],
    });
  });

  test.each(['build_failed', 'pre_deploy_failed', 'update_failed'])('%s is a no', async (status) => {
    render.account.goThrough('queued', status);
    const outputs = await deploy();
    expect(outputs.at(-1)).toMatchObject({
      kind: 'end',
      outcome: 'failed',
      detail: expect.stringContaining(status),
      error: { code: 'target-refused', hint: expect.stringContaining('log') },
    });
  });

  test('a status that nobody knows yet is waited out', async () => {
    render.account.goThrough('warming_up', 'update_in_progress', 'live');
    const outputs = await deploy();
    expect(outputs).toContainEqual(expect.objectContaining({ text: `${newest()?.id} warming_up` }));
    expect(outputs.at(-1)).toMatchObject({ outcome: 'succeeded' });
  });

  test('live with another image is no success; a manifest of the index that was asked for is', async () => {
    resolved.set(`${repository}@${digest}`, childDigest);
    expect((await deploy()).at(-1)).toMatchObject({
      outcome: 'failed',
      detail: `${newest()?.id} is live with ${childDigest}, not with ${digest}`,
    });
    expect((await deploy({ parts: { [digest]: [otherDigest, childDigest] } })).at(-1)).toMatchObject({
      outcome: 'succeeded',
    });
  });

  test('429 was not carried out: a deploy that is asked for again is one', async () => {
    render.account.fail(posts, { status: 429, headers: { 'retry-after': '0' } }, 2);
    render.account.fail(gets, { status: 429, headers: { 'retry-after': '0' } }, 3);
    expect((await deploy()).at(-1)).toMatchObject({ outcome: 'succeeded' });
    expect(sent(posts)).toBe(3);
    expect(render.account.service.deploys).toHaveLength(1);
  });

  test('a deploy is followed through silence that ends, and no longer than that', async () => {
    render.account.fail(gets, { status: 503 }, 3);
    expect((await deploy()).at(-1)).toMatchObject({ outcome: 'succeeded' });
    render.account.fail(gets, { status: 503 }, 1_000);
    await expect(deploy()).rejects.toMatchObject({
      code: 'target-unreachable',
      message: expect.stringMatching(/503\. dep-\S+ goes on/),
    });
  });

  test('an answer that is lost after the deploy was made is found in the list, not asked for again', async () => {
    render.account.land(`${repository}@${digest}`, 'manual');
    render.account.loseAnswer(posts);
    const outputs = await deploy();
    expect(outputs).toContainEqual({ kind: 'handle', handle: newest()?.id });
    expect(outputs.at(-1)).toMatchObject({ outcome: 'succeeded' });
    expect(newest()?.trigger).toBe('api');
    expect([sent(posts), render.account.service.deploys.length]).toEqual([1, 2]);
  });

  test('an answer that says nothing, and no such deploy: unknown, and not asked for again', async () => {
    render.account.fail(posts, { status: 502, body: 'bad gateway' });
    render.account.land(`${repository}@${otherDigest}`, 'api');
    await expect(deploy()).rejects.toMatchObject({
      code: 'target-unreachable',
      message: expect.stringContaining('not known'),
      hint: expect.stringContaining('not sent again'),
    });
    expect(sent(posts)).toBe(1);
  });

  test('a Render that was never reached took nothing', async () => {
    const step = stepOf(render, 'deploy');
    const io = ioFor(render);
    await render.stop();
    await expect(collect(renderTarget.apply(step, io))).rejects.toMatchObject({
      code: 'target-unreachable',
      message: expect.stringMatching(/^Render did not answer/),
    });
    render = await startFakeRender({ apiKey, imagePath: `${repository}:latest` });
  });

  test('a 202 names no deploy: it is found', async () => {
    render.account.loseAnswer(posts, { status: 202, body: '' });
    const outputs = await deploy();
    expect(outputs).toContainEqual({ kind: 'handle', handle: newest()?.id });
    expect(outputs.at(-1)).toMatchObject({ outcome: 'succeeded' });
  });

  test('another deploy that lands meanwhile is no success of ours', async () => {
    render.account.goThrough(...Array<string>(10_000).fill('queued'));
    const under = deploy();
    await expect.poll(() => sent(gets)).toBeGreaterThan(1);
    render.account.land(`${repository}@${otherDigest}`, 'new_commit');
    expect((await under).at(-1)).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('canceled'),
    });
  });

  test('what was live and was replaced is a success only where the same image is live', async () => {
    const replacedBy = async (image: string) => {
      render.account.land(`${repository}@${image}`, 'new_commit');
      render.account.goThrough('queued', 'deactivated');
      return (await deploy()).at(-1);
    };
    expect(await replacedBy(otherDigest)).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('(new_commit) replaced it'),
    });
    expect(await replacedBy(digest)).toMatchObject({ outcome: 'succeeded' });
  });

  test('a slow Render is waited for', async () => {
    render.slowDown(60);
    expect((await deploy()).at(-1)).toMatchObject({ outcome: 'succeeded' });
  });

  test.each([
    [401, 'secret://env/KEY'],
    [403, 'secret://env/KEY'],
    [404, 'service’s id'],
    [400, 'host, repository and name'],
    [409, 'events'],
    [410, 'new service'],
    [307, 'address'],
  ])('%i on the deploy is a no that says what to do, without the key', async (status, hint) => {
    render.account.fail(posts, {
      status,
      headers: { location: 'http://127.0.0.1:1/' },
      body: { message: `no: ${apiKey}` },
    });
    const error = await deploy().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'target-refused',
      message: expect.stringContaining('no: [redacted]'),
      hint: expect.stringContaining(hint),
    });
    expect(String(error)).not.toContain(apiKey);
    expect(sent(posts)).toBe(1);
  });
});

describe('stopping', () => {
  /** Aborts once Render has been asked about the deploy. */
  async function stopped(reason?: unknown): Promise<StepOutput | undefined> {
    render.account.goThrough(...Array<string>(10_000).fill('update_in_progress'));
    const stop = new AbortController();
    const under = deploy({ signal: stop.signal });
    under.catch(() => {});
    await expect.poll(() => sent(gets)).toBeGreaterThan(0);
    stop.abort(reason);
    return (await under).at(-1);
  }

  test('is told to Render and ends when Render says so', async () => {
    expect(await stopped()).toMatchObject({ kind: 'end', outcome: 'cancelled' });
    expect(newest()?.status).toBe('canceled');
  });

  test('at a deadline it is told to Render as well', async () => {
    const timeout = new DOMException('time is up', 'TimeoutError');
    await expect(stopped(timeout)).rejects.toBe(timeout);
    expect(newest()?.status).toBe('canceled');
  });

  test('too late is a success: it is live', async () => {
    render.account.fail(/cancel$/, { status: 400 });
    const under = stopped();
    await expect.poll(() => sent(/cancel$/)).toBe(1);
    newest()?.ahead.splice(0, 10_000, 'live');
    expect(await under).toMatchObject({ outcome: 'succeeded' });
  });

  test('what Render does not confirm is not known', async () => {
    render.account.fail(/cancel$/, { status: 500 }, 1_000);
    const under = stopped();
    await expect.poll(() => sent(/cancel$/)).toBeGreaterThan(0);
    render.account.fail(gets, { status: 500 }, 1_000);
    expect(await under).toMatchObject({
      outcome: 'errored',
      error: { code: 'target-unreachable', hint: expect.stringContaining('may still become live') },
    });
  });

  test('while Render is being asked: what it then made is canceled', async () => {
    render.slowDown(100);
    const stop = new AbortController();
    const under = deploy({ signal: stop.signal });
    await expect.poll(() => sent(posts)).toBe(1);
    stop.abort();
    expect((await under).at(-1)).toMatchObject({ outcome: 'cancelled' });
    expect(newest()?.status).toBe('canceled');
  });
});

describe('after a crash', () => {
  test('a deploy whose name was written down is followed to its end', async () => {
    const { id } = render.account.land(`${repository}@${digest}`, 'api', false);
    expect((await resume(id)).at(-1)).toMatchObject({ outcome: 'succeeded' });
    expect(sent(posts)).toBe(0);
  });

  test('one without a name is found by its image and time', async () => {
    const startedAt = Date.now();
    const { id } = render.account.land(`${repository}@${digest}`, 'api', false);
    const outputs = await resume(undefined, startedAt);
    expect(outputs).toContainEqual({ kind: 'handle', handle: id });
    expect(outputs.at(-1)).toMatchObject({ outcome: 'succeeded' });
    expect(sent(posts)).toBe(0);
  });

  test('one from before the step, or by somebody else, is not ours: unknown, and never asked for again', async () => {
    render.account.land(`${repository}@${digest}`, 'api');
    render.account.land(`${repository}@${digest}`, 'manual');
    await expect(resume(undefined, Date.now() + 60_000)).rejects.toMatchObject({
      code: 'target-unreachable',
    });
    expect(sent(posts)).toBe(0);
  });
});

describe('what is wrong', () => {
  test('is told before anything is started', async () => {
    const config = configFor(render);
    render.account.service.imagePath = 'ghcr.io/acme/other:latest';
    expect(await renderTarget.check(config, place, ioFor(render))).toMatchObject([
      { code: 'config-invalid', message: expect.stringContaining('runs ghcr.io/acme/other, not') },
    ]);
    render.account.service.imagePath = undefined;
    expect(await renderTarget.check(config, place, ioFor(render))).toMatchObject([
      { message: expect.stringContaining('Render builds it') },
    ]);
    render.account.service.imagePath = `${repository}:1`;
    render.account.service.suspended = 'suspended';
    await expect(
      collect(renderTarget.apply(stepOf(render, 'check-service'), ioFor(render))),
    ).rejects.toMatchObject({ code: 'target-refused', message: expect.stringContaining('suspended') });
  });

  test('a wrong key: the place cannot be observed, and the board says what to do', async () => {
    const seen = await renderTarget.observe(configFor(render), place, ioFor(render, { key: 'rnd_wrongKey' }));
    expect(seen).toMatchObject({ kind: 'unreachable', why: expect.stringContaining('secret://env/KEY') });
    expect(JSON.stringify(seen)).not.toContain('rnd_wrongKey');
    await expect(
      renderTarget.observe(configFor(render), place, ioFor(render, { key: 'a b\nc' })),
    ).resolves.toMatchObject({ kind: 'unreachable', why: expect.stringContaining('no API key has') });
  });

  test('an observation does not wait as long as Render may ask for', async () => {
    render.account.fail(/^GET/, { status: 429, headers: { 'retry-after': '60' } }, 10);
    expect(await renderTarget.observe(configFor(render), place, ioFor(render))).toMatchObject({
      kind: 'unreachable',
      why: expect.stringContaining('1 min'),
    });
  });
});

describe('with the deploy hook alone', () => {
  const hookPosts = /^POST \/deploy\//;
  const trigger = (options?: IoOptions) =>
    collect(renderTarget.apply(stepOf(render, 'trigger', 'hook'), ioFor(render, options)));

  test('it is triggered by digest, and that it cannot be verified is said', async () => {
    const config = configFor(render, 'hook');
    expect(await renderTarget.observe(config, place, ioFor(render))).toMatchObject({ kind: 'unobservable' });
    const outputs = await trigger();
    expect(outputs.at(-1)).toMatchObject({ outcome: 'succeeded', isUnverified: true });
    expect(outputs).toContainEqual({ kind: 'handle', handle: newest()?.id });
    expect(newest()).toMatchObject({ trigger: 'deploy_hook', image: { ref: `${repository}@${digest}` } });
    expect(render.account.asked).toEqual([
      `POST ${render.account.hookPath.replace(/key=.*/, 'key=…')}&imgURL=ghcr.io%2Facme%2Fshop%40sha256%3A${'a'.repeat(64)}`,
    ]);
    expect(JSON.stringify(outputs)).not.toContain(render.account.service.hookKey);
  });

  test.each(['', 'OK', '{"deploy":1}'])('an answer of %j is as good', async (body) => {
    render.account.fail(hookPosts, { status: 200, body });
    expect((await trigger()).at(-1)).toMatchObject({ outcome: 'succeeded', isUnverified: true });
  });

  test('a redirect is not followed, and no refusal quotes the hook', async () => {
    render.account.fail(hookPosts, {
      status: 302,
      headers: { location: render.hook },
      body: `see ${render.hook}`,
    });
    const error = await trigger().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'target-refused' });
    expect(JSON.stringify(error) + String(error)).not.toContain(render.account.service.hookKey);
    expect(sent(hookPosts)).toBe(1);
    await expect(trigger({ hook: `${render.hook}-wrong` })).rejects.toMatchObject({
      code: 'target-refused',
      hint: expect.stringContaining('secret://env/HOOK'),
    });
  });

  test('only 429 is sent again; what got no answer is not known', async () => {
    render.account.fail(hookPosts, { status: 429, headers: { 'retry-after': '0' } });
    expect((await trigger()).at(-1)).toMatchObject({ outcome: 'succeeded' });
    expect(sent(hookPosts)).toBe(2);
    render.account.loseAnswer(hookPosts);
    await expect(trigger()).rejects.toMatchObject({ code: 'target-unreachable' });
    render.account.fail(hookPosts, { status: 502 });
    await expect(trigger()).rejects.toMatchObject({ code: 'target-unreachable' });
    expect(sent(hookPosts)).toBe(4);
  });

  test.each([
    ['another service', '/deploy/srv-other?key=k'],
    ['no key', '/deploy/srv-test0000000000000001'],
    ['another path', '/v1/deploy/srv-test0000000000000001?key=k'],
    ['another host', 'http://127.0.0.1:1/deploy/srv-test0000000000000001?key=k'],
    ['no address', 'key=k'],
  ])('a hook that is none of this service is never fired: %s', async (_, path) => {
    const hook = path.startsWith('/') ? `${new URL(render.baseUrl).origin}${path}` : path;
    await expect(trigger({ hook })).rejects.toMatchObject({ code: 'secret-unresolved' });
    expect(render.account.asked).toEqual([]);
  });

  test('after a crash nothing can be asked: it is unverified where it was taken, else not known', async () => {
    const step = stepOf(render, 'trigger', 'hook');
    const again = (handle?: string) => resumeStep(step, handle);
    expect(await again('dep-1')).toMatchObject([{ outcome: 'succeeded', isUnverified: true }]);
    await expect(again()).rejects.toMatchObject({ code: 'target-unreachable' });
    expect(render.account.asked).toEqual([]);
  });
});
