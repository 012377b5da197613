import { afterEach, describe, expect, test } from 'vitest';
import type { Settled, StepOutput } from '#main/core/ports/target.ts';
import { cloudRunTarget } from '#main/targets/cloud-run/index.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import { refusal } from '#test/fakes/cloud-run/requests.ts';
import {
  type CloudRunFixture,
  createCloudRunFixture,
  digests,
  endOf,
  imageOf,
  token,
} from './cloud-run-fixture.ts';

let fixture: CloudRunFixture;
const open = async (...args: Parameters<typeof createCloudRunFixture>) => {
  fixture = await createCloudRunFixture(...args);
  return fixture;
};
afterEach(() => fixture.stop());

const latest = 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST';
const byRevision = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';
const shop = () => fixture.fake.project.service('shop');
const names = () => shop().revisions.map(({ name }) => name);
const patches = () => fixture.fake.project.requests.filter(({ method }) => method === 'PATCH');
const stepOf = (steps: readonly PlannedStep[], id: string): PlannedStep => {
  const found = steps.find((step) => step.id === id);
  if (found === undefined) throw new Error(`no ${id} in ${steps.map((step) => step.id)}`);
  return found;
};
/** Whole percentages of who serves now, by the fake's own account. */
const serving = () =>
  Object.fromEntries(
    shop()
      .statuses.filter(({ percent = 0 }) => percent > 0)
      .map(({ revision, percent }) => [revision, percent]),
  );

const linesOf = (outputs: readonly StepOutput[]) =>
  outputs.flatMap((output) => (output.kind === 'line' ? [output.text] : []));

describe('a deploy', () => {
  test('makes a revision at 0 %, tests it, gives it traffic in steps, and changes nothing else', async () => {
    const { fake, deploy, observe } = await open({ canary: [10, 50], smoke: '/ready' });
    fake.project.takesMs(30);
    const before = structuredClone(shop());
    const { ends, outputs } = await deploy(1);
    expect(ends.map(({ outcome, detail }) => `${outcome}: ${detail}`)).toEqual([
      'succeeded: Cloud Run would take it for shop',
      'succeeded: shop-00002-abc is ready, 0 % of traffic',
      expect.stringMatching(/^succeeded: shop-00002-abc answers on \/ready after /),
      'succeeded: 10 % to shop-00002-abc, healthy for 60 ms',
      'succeeded: 50 % to shop-00002-abc, healthy for 60 ms',
      'succeeded: 100 % to shop-00002-abc',
      `succeeded: shop serves shop-00002-abc, ${digests[1]?.slice(0, 19)}, all traffic`,
    ]);
    expect(linesOf(outputs)).toEqual([
      `shop is asked for a revision of ${imageOf(1)}`,
      'shop is asked for 10 % of traffic to shop-00002-abc',
      'shop is asked for 50 % of traffic to shop-00002-abc',
      'shop is asked for 100 % of traffic to shop-00002-abc',
    ]);
    const [web, proxy] = shop().containers;
    expect(web).toEqual({ ...before.containers[0], image: imageOf(1) });
    expect(proxy).toEqual(before.containers[1]);
    expect(shop().template).toEqual(before.template);
    // As others expect it: what is deployed next gets the traffic.
    expect(shop().traffic).toEqual([{ type: latest, percent: 100 }]);
    expect(outputs.filter(({ kind }) => kind === 'handle')).toHaveLength(4);
    expect(outputs.filter(({ kind }) => kind === 'probed').length).toBeGreaterThan(4);
    expect(JSON.stringify(outputs)).not.toContain(token);
    expect(await observe()).toMatchObject({
      kind: 'running',
      address: `${fake.baseUrl}/serve/shop`,
      services: [{ name: 'shop', imageId: digests[1], revision: 'shop-00002-abc', health: 'healthy' }],
    });
  });

  test('sends the digest, the etag that was read, and a mask without anything but containers and traffic', async () => {
    const { deploy } = await open();
    await deploy(1);
    const [dryRun, create, shift] = patches().map(({ path, body }) => ({
      query: Object.fromEntries(new URL(path, 'http://x').searchParams),
      body: JSON.parse(body),
    }));
    expect(dryRun?.query).toEqual({
      updateMask: 'template.revision,template.containers',
      validateOnly: 'true',
    });
    expect(create?.query).toEqual({ updateMask: 'template.revision,template.containers,traffic' });
    expect(create?.body).toMatchObject({
      etag: '"shop-1"',
      traffic: [
        { type: byRevision, revision: 'shop-00001-abc', percent: 100 },
        { type: latest, percent: 0, tag: 'gantry' },
      ],
    });
    expect(shift?.query).toEqual({ updateMask: 'traffic' });
    expect(shift?.body).not.toHaveProperty('template');
  });

  test('keeps the tags of others, and clears a name that somebody set for the next revision', async () => {
    const { fake, deploy } = await open({ canary: [20] });
    fake.project.setTraffic('shop', [
      { type: byRevision, revision: 'shop-00001-abc', percent: 100, tag: 'blue' },
      { type: latest, tag: 'next' },
    ]);
    shop().nextName = 'shop-named';
    const { ends } = await deploy(1);
    expect(ends.at(-1)?.outcome).toBe('succeeded');
    expect(names()).toEqual(['shop-00001-abc', 'shop-00002-abc']);
    expect(shop().traffic).toEqual([
      { type: latest, percent: 100 },
      { type: byRevision, revision: 'shop-00001-abc', percent: 0, tag: 'blue' },
      { type: latest, percent: 0, tag: 'next' },
    ]);
  });

  test('of what serves already asks, and changes nothing', async () => {
    const { fake, deploy } = await open({ canary: [10] });
    const { ends } = await deploy(0);
    expect(ends.map(({ outcome }) => outcome)).toEqual(['succeeded']);
    expect(fake.project.changes()).toBe(0);
  });
});

test('a service that has never served gets its first revision that is ready, without a canary', async () => {
  const { deploy, observe } = await open({ canary: [10] });
  const [first] = shop().revisions;
  if (first !== undefined) first.ready = { type: 'Ready', state: 'CONDITION_FAILED', message: 'No port.' };
  Object.assign(shop(), { ready: '', statuses: [] });
  expect(await observe()).toMatchObject({
    services: [{ state: 'serves nothing: No port.', health: 'unhealthy' }],
  });
  const { ends } = await deploy(1);
  expect(ends.map(({ outcome }) => outcome)).toEqual(ends.map(() => 'succeeded'));
  expect(ends.map(({ detail }) => detail)).toContain('shop-00002-abc is ready, 100 % of traffic');
  expect(shop().traffic).toEqual([{ type: latest, percent: 100 }]);
});

describe('what goes wrong before there is traffic', () => {
  test.each([
    [{ reason: 'CONTAINER_PERMISSION_DENIED', message: 'Denied.' }, /artifactregistry\.reader/],
    [{ revisionReason: 'HEALTH_CHECK_CONTAINER_ERROR', message: 'No port.' }, /\$PORT/],
    [{ reason: 'SECRETS_ACCESS_CHECK_FAILED', message: 'No access.' }, /secretAccessor/],
    [{ message: 'Something of its own.' }, /logs/],
  ])('a revision that does not become ready: %o', async (flaw, hint) => {
    const { fake, deploy, plan } = await open();
    fake.project.breakRevisions(flaw);
    const end = (await deploy(1)).ends.at(-1);
    expect(end).toMatchObject({ outcome: 'failed', error: { code: 'target-refused' } });
    expect(end?.detail).toContain(flaw.message.replace('.', ''));
    expect(end?.detail).toContain('Traffic was not moved: shop-00001-abc 100 %');
    expect(end?.error?.hint).toMatch(hint);
    expect(end?.error?.hint).toContain('https://console.cloud.google.com/logs/shop-00002-abc');
    expect(serving()).toEqual({ 'shop-00001-abc': 100 });
    // Nothing is to be undone, and the newest is not what serves.
    expect((await plan(0)).map(({ id }) => id)).toEqual(['verify']);
    const seen = await fixture.observe();
    expect(seen.kind === 'running' && seen.notes?.at(-1)).toMatch(
      /^shop-00002-abc, the newest revision, gets no/,
    );
    expect(seen).toMatchObject({ services: [{ health: 'healthy', imageId: digests[0] }] });

    // Once the cause is mended, the same release gets another revision.
    fake.project.breakRevisions(undefined);
    expect((await deploy(1)).ends.at(-1)?.outcome).toBe('succeeded');
    expect(serving()).toEqual({ 'shop-00003-abc': 100 });
  });

  test('a smoke test that fails leaves the traffic where it is', async () => {
    const { fake, deploy } = await open({ smoke: '/ready' });
    fake.images.set(imageOf(1), 503);
    const end = (await deploy(1)).ends.at(-1);
    expect(end).toMatchObject({
      outcome: 'failed',
      detail: 'shop-00002-abc answers 503 on /ready. Traffic was not moved',
    });
    expect(end?.error?.hint).toContain(`${fake.baseUrl}/tagged/shop/gantry`);
    expect(serving()).toEqual({ 'shop-00001-abc': 100 });
  });

  test('a service that lets nobody in says so of its smoke test', async () => {
    const { fake, deploy } = await open({ smoke: '/ready' });
    fake.images.set(imageOf(1), 403);
    expect((await deploy(1)).ends.at(-1)?.error?.hint).toContain('`invoker: private`');
  });

  test('Cloud Run says no to the dry run: nothing was changed', async () => {
    const { fake, deploy } = await open();
    fake.project.answerNext('PATCH', refusal(403, 'PERMISSION_DENIED', 'run.services.update is missing'));
    await expect(deploy(1)).rejects.toMatchObject({
      code: 'target-refused',
      message: expect.stringContaining('run.services.update is missing'),
      hint: expect.stringContaining('roles/run.developer'),
    });
    expect(fake.project.changes()).toBe(0);
  });
});

describe('a canary', () => {
  test('that is not healthy gets its traffic taken away, and stays where it can be looked at', async () => {
    const { fake, plan, apply, deploy } = await open({ canary: [10, 50] });
    const steps = await plan(1);
    await apply(stepOf(steps, 'create-revision'));
    fake.images.set(imageOf(1), 500);
    const outputs = await apply(stepOf(steps, 'traffic-10'));
    expect(endOf(outputs)).toMatchObject({
      outcome: 'failed',
      detail:
        'shop-00002-abc did not hold 10 % of traffic: shop-00002-abc answers 500 on /healthz; traffic is back: shop-00001-abc 100 %',
    });
    expect(serving()).toEqual({ 'shop-00001-abc': 100 });
    expect(shop().traffic.find(({ tag }) => tag === 'gantry')?.revision).toBe('shop-00002-abc');
    // Mended elsewhere, say a database: the whole way again, with the revision that is there.
    fake.images.clear();
    expect((await deploy(1)).ends.at(-1)?.outcome).toBe('succeeded');
    expect(names()).toHaveLength(2);
    expect(serving()).toEqual({ 'shop-00002-abc': 100 });
  });

  test('keeps the proportions of a split that was there', async () => {
    const { fake, plan, apply } = await open({ canary: [10] });
    fake.project.deployElsewhere('shop', imageOf(2));
    fake.project.setTraffic('shop', [
      { type: byRevision, revision: 'shop-00001-abc', percent: 67 },
      { type: byRevision, revision: 'shop-00002-abc', percent: 33 },
    ]);
    const steps = await plan(1);
    await apply(stepOf(steps, 'create-revision'));
    expect(serving()).toEqual({ 'shop-00001-abc': 67, 'shop-00002-abc': 33 });
    await apply(stepOf(steps, 'traffic-10'));
    expect(serving()).toEqual({ 'shop-00003-abc': 10, 'shop-00001-abc': 61, 'shop-00002-abc': 29 });
  });

  test('does not hold because its time was over before it had failed often enough', async () => {
    const { fake, plan, apply } = await open({ canary: [10], canaryPause: '10ms' });
    const steps = await plan(1);
    await apply(stepOf(steps, 'create-revision'));
    fake.images.set(imageOf(1), 500);
    expect(endOf(await apply(stepOf(steps, 'traffic-10')))).toMatchObject({ outcome: 'failed' });
  });

  test('without any check says that nothing asked it', async () => {
    const { deploy } = await open({ canary: [10] }, {});
    const said = (await deploy(1)).ends.map(({ detail }) => detail);
    expect(said).toContain('10 % to shop-00002-abc, ready, no health check asked it for 60 ms');
  });
});

describe('going back', () => {
  test('is traffic to the revision of before, and nothing is made', async () => {
    const { deploy, plan, observe } = await open({ canary: [10], smoke: '/ready' });
    await deploy(1);
    expect((await plan(0)).map(({ id, detail }) => `${id}: ${detail}`)).toEqual([
      'traffic-100: to shop-00001-abc, which ran this release before',
      `verify: all traffic of shop goes to ${digests[0]}`,
    ]);
    expect((await deploy(0)).ends.at(-1)?.outcome).toBe('succeeded');
    expect(names()).toHaveLength(2);
    expect(shop().traffic).toEqual([{ type: byRevision, revision: 'shop-00001-abc', percent: 100 }]);
    const seen = await observe();
    expect(seen.kind === 'running' && seen.notes).toEqual([
      expect.stringMatching(/pinned to shop-00001-abc: what others deploy gets none/),
      'shop-00002-abc, the newest revision, gets no traffic',
    ]);
  });

  test('is followed by a deploy that unpins', async () => {
    const { deploy, observe } = await open();
    await deploy(1);
    await deploy(0);
    expect((await deploy(2)).ends.at(-1)?.outcome).toBe('succeeded');
    expect(shop().traffic).toEqual([{ type: latest, percent: 100 }]);
    expect(await observe()).not.toHaveProperty('notes');
  });

  test('to a revision that somebody deleted makes one anew', async () => {
    const { deploy } = await open();
    await deploy(1);
    shop().revisions = shop().revisions.slice(1);
    await deploy(0);
    expect(serving()).toEqual({ [shop().created]: 100 });
    expect(shop().revisions.at(-1)?.containers[0]?.image).toBe(imageOf(0));
  });
});

describe('others who deploy there', () => {
  test('one who changes the service between reading and writing: once more, on what is there then', async () => {
    const { fake, plan, apply } = await open();
    const step = stepOf(await plan(1), 'create-revision');
    fake.project.beforeNextUpdate(() => {
      shop().generation += 1;
      shop().template = { labels: { theirs: 'kept' } };
    });
    expect(endOf(await apply(step)).outcome).toBe('succeeded');
    expect(patches()).toHaveLength(2);
    expect(shop().template).toEqual({ labels: { theirs: 'kept' } });
  });

  test('twice is refused', async () => {
    const { fake, plan, apply } = await open();
    const step = stepOf(await plan(1), 'create-revision');
    fake.project.beforeNextUpdate(() => {
      shop().generation += 1;
    }, 2);
    await expect(apply(step)).rejects.toMatchObject({ code: 'target-refused' });
    expect(fake.project.changes()).toBe(0);
  });

  test('a revision or traffic that nobody planned is not overwritten', async () => {
    const { fake, plan, apply } = await open({ canary: [10] });
    const before = await plan(1);
    fake.project.deployElsewhere('shop', imageOf(2));
    await expect(apply(stepOf(before, 'create-revision'))).rejects.toMatchObject({
      code: 'target-refused',
      message: expect.stringContaining('shop-00002-abc'),
    });
    const steps = await plan(1);
    await apply(stepOf(steps, 'create-revision'));
    fake.project.setTraffic('shop', [{ type: byRevision, revision: 'shop-00001-abc', percent: 100 }]);
    await expect(apply(stepOf(steps, 'traffic-100'))).rejects.toMatchObject({ code: 'target-refused' });
    expect(serving()).toEqual({ 'shop-00001-abc': 100 });
  });

  test('a revision that somebody else made is not left behind unseen, although it has no traffic', async () => {
    const { fake, plan, apply } = await open();
    const pin = [{ type: byRevision, revision: 'shop-00001-abc', percent: 100 } as const];
    fake.project.setTraffic('shop', pin);
    const step = stepOf(await plan(1), 'create-revision');
    fake.project.deployElsewhere('shop', imageOf(2));
    await expect(apply(step)).rejects.toMatchObject({
      code: 'target-refused',
      message: 'shop-00002-abc was made by somebody else since this was planned.',
    });
    expect(fake.project.changes()).toBe(0);
  });

  test('a smoke test asks the revision of this release, or says that its tag leads elsewhere', async () => {
    const { fake, plan, apply } = await open({ smoke: '/ready' });
    const steps = await plan(1);
    await apply(stepOf(steps, 'create-revision'));
    fake.project.setTraffic('shop', [
      { type: byRevision, revision: 'shop-00001-abc', percent: 100, tag: 'gantry' },
    ]);
    await expect(apply(stepOf(steps, 'smoke'))).rejects.toMatchObject({
      message: 'The tag gantry of shop does not lead to shop-00002-abc any more.',
    });
  });

  test('traffic that is moved away before the end is no success', async () => {
    const { fake, plan, apply } = await open();
    const steps = await plan(1);
    for (const step of steps.slice(0, -1)) await apply(step);
    fake.project.setTraffic('shop', [{ type: byRevision, revision: 'shop-00001-abc', percent: 100 }]);
    expect(endOf(await apply(stepOf(steps, 'verify')))).toMatchObject({ outcome: 'failed' });
  });
});

describe('answers that do not come', () => {
  test('one that was lost after acting: the next try makes no second revision', async () => {
    const { fake, plan, apply } = await open();
    const steps = await plan(1);
    fake.project.loseNext('PATCH');
    await expect(apply(stepOf(steps, 'create-revision'))).rejects.toMatchObject({
      code: 'target-unreachable',
    });
    expect(endOf(await apply(stepOf(steps, 'create-revision')))).toMatchObject({ outcome: 'succeeded' });
    expect(names()).toHaveLength(2);
    fake.project.loseNext('PATCH');
    await expect(apply(stepOf(steps, 'traffic-100'))).rejects.toMatchObject({ code: 'target-unreachable' });
    const changes = fake.project.changes();
    expect(endOf(await apply(stepOf(steps, 'traffic-100')))).toMatchObject({ outcome: 'succeeded' });
    expect(fake.project.changes()).toBe(changes);
  });

  test('too many requests, and answers of a server in trouble, are asked again', async () => {
    const { fake, deploy } = await open();
    fake.project.answerNext('PATCH', refusal(429, 'RESOURCE_EXHAUSTED', 'Quota.', { 'retry-after': '0' }), 2);
    fake.project.answerNext('GET', refusal(503, 'UNAVAILABLE', 'Soon.', { 'retry-after': '0' }));
    fake.project.loseNext('POST');
    expect((await deploy(1)).ends.at(-1)?.outcome).toBe('succeeded');
    expect(names()).toHaveLength(2);
  });

  test('a token that is not taken is known from nobody being there', async () => {
    const { fake, observe, plan, apply } = await open();
    const step = stepOf(await plan(1), 'create-revision');
    fake.project.answerNext('GET', refusal(401, 'UNAUTHENTICATED', 'Bad token.'), 2);
    expect(await observe()).toMatchObject({ kind: 'unreachable', why: expect.stringContaining('who asks') });
    await expect(apply(step)).rejects.toMatchObject({ code: 'target-refused' });
    fake.goAway();
    await expect(apply(step)).rejects.toMatchObject({ code: 'target-unreachable' });
  });

  test('a token that ends while a canary is watched is followed by the next', async () => {
    const { plan, apply, renewToken } = await open({ canary: [10], canaryPause: '100ms' });
    const steps = await plan(1);
    await apply(stepOf(steps, 'create-revision'));
    const outputs = await apply(stepOf(steps, 'traffic-10'), undefined, ({ kind }) => {
      if (kind === 'probed' || kind === 'progress') renewToken();
    });
    expect(endOf(outputs)).toMatchObject({ outcome: 'succeeded' });
    expect(serving()).toEqual({ 'shop-00001-abc': 90, 'shop-00002-abc': 10 });
  });

  test('what is slow is waited for', async () => {
    const { fake, deploy } = await open();
    fake.slowDown(30);
    expect((await deploy(1)).ends.at(-1)?.outcome).toBe('succeeded');
  });
});

describe('a run that stops for good and stays', () => {
  const settle = async (step: PlannedStep): Promise<Settled | undefined> => {
    const settling = cloudRunTarget.settle?.(step, fixture.io());
    for (;;) {
      const next = await settling?.next();
      if (next === undefined || next.done === true) return next?.value;
    }
  };

  test('between two steps of its canary takes the traffic back, and says so', async () => {
    const { plan, apply } = await open({ canary: [10, 50] });
    const steps = await plan(1);
    await apply(stepOf(steps, 'create-revision'));
    expect(await settle(stepOf(steps, 'create-revision'))).toEqual({ kind: 'nothing' });
    expect(await settle(stepOf(steps, 'traffic-10'))).toEqual({ kind: 'before' });
    await apply(stepOf(steps, 'traffic-10'));
    expect(await settle(stepOf(steps, 'traffic-10'))).toEqual({
      kind: 'before',
      did: 'traffic is back: shop-00001-abc 100 %. shop-00002-abc stays at 0 %',
    });
    expect(serving()).toEqual({ 'shop-00001-abc': 100 });
    await apply(stepOf(steps, 'traffic-100'));
    expect(await settle(stepOf(steps, 'traffic-100'))).toEqual({ kind: 'release' });
    expect(serving()).toEqual({ 'shop-00002-abc': 100 });
  });

  test('names what it leaves where Cloud Run does not answer', async () => {
    const { fake, plan, apply } = await open({ canary: [10] });
    const steps = await plan(1);
    await apply(stepOf(steps, 'create-revision'));
    await apply(stepOf(steps, 'traffic-10'));
    fake.goAway();
    expect(await settle(stepOf(steps, 'traffic-10'))).toMatchObject({
      kind: 'left',
      error: { message: expect.stringMatching(/^A canary may still have a part of the traffic of shop: /) },
    });
  });
});

describe('cancelling', () => {
  test('while a revision is made: traffic was not moved, says Cloud Run', async () => {
    const { fake, plan, apply } = await open();
    fake.project.takesMs(60_000);
    const cancel = new AbortController();
    const step = stepOf(await plan(1), 'create-revision');
    const outputs = await apply(step, cancel.signal, ({ kind }) => kind === 'handle' && cancel.abort());
    expect(endOf(outputs)).toMatchObject({
      outcome: 'cancelled',
      detail: expect.stringMatching(
        /^Traffic was not moved: shop-00001-abc 100 %\. Cloud Run cannot take back/,
      ),
    });
  });

  test('is not said to have been one where Cloud Run does not confirm it', async () => {
    const { fake, plan, apply } = await open({ canary: [10], canaryPause: '1h' });
    const steps = await plan(1);
    await apply(stepOf(steps, 'create-revision'));
    const cancel = new AbortController();
    const outputs = await apply(stepOf(steps, 'traffic-10'), cancel.signal, ({ kind }) => {
      if (kind !== 'probed') return;
      fake.goAway();
      cancel.abort();
    });
    expect(endOf(outputs)).toMatchObject({
      outcome: 'errored',
      detail: 'Cancelled, but Cloud Run did not confirm that the traffic of shop is back',
      error: { code: 'target-unreachable' },
    });
  });

  test('nor while a revision is made', async () => {
    const { fake, plan, apply } = await open();
    fake.project.takesMs(60_000);
    const cancel = new AbortController();
    const outputs = await apply(stepOf(await plan(1), 'create-revision'), cancel.signal, ({ kind }) => {
      if (kind !== 'handle') return;
      fake.goAway();
      cancel.abort();
    });
    expect(endOf(outputs)).toMatchObject({
      outcome: 'errored',
      detail: expect.stringMatching(/^Cancelled, but Cloud Run does not answer: it is not known whether/),
    });
  });

  test('while a canary is watched: its traffic goes back', async () => {
    const { fake, plan, apply } = await open({ canary: [10], canaryPause: '1h' });
    const cancel = new AbortController();
    const steps = await plan(1);
    await apply(stepOf(steps, 'create-revision'));
    const outputs = await apply(stepOf(steps, 'traffic-10'), cancel.signal, ({ kind }) => {
      if (kind !== 'probed') return;
      expect(serving()).toEqual({ 'shop-00001-abc': 90, 'shop-00002-abc': 10 });
      cancel.abort();
    });
    expect(endOf(outputs)).toMatchObject({
      outcome: 'cancelled',
      detail: 'Traffic is back: shop-00001-abc 100 %. shop-00002-abc stays at 0 %',
    });
    expect(serving()).toEqual({ 'shop-00001-abc': 100 });
    expect(fake.project.changes()).toBe(3);
  });
});

describe('after a crash', () => {
  const handleOf = (outputs: Awaited<ReturnType<CloudRunFixture['apply']>>) =>
    outputs.flatMap((output) => (output.kind === 'handle' ? [output.handle] : []))[0];

  test('the operation is followed to its end by its name, and nothing is asked for anew', async () => {
    const { fake, plan, apply, resume } = await open();
    fake.project.takesMs(150);
    const step = stepOf(await plan(1), 'create-revision');
    const dead = new AbortController();
    const outputs = await apply(step, dead.signal, ({ kind }) => kind === 'handle' && dead.abort());
    const handle = handleOf(outputs);
    expect(handle).toMatch(/^projects\/acme\/locations\/europe-west1\/operations\//);
    expect(endOf(await resume(step, handle))).toMatchObject({
      outcome: 'succeeded',
      detail: 'shop-00002-abc is ready, 0 % of traffic',
    });
    expect(fake.project.changes()).toBe(1);
    // One that Cloud Run has forgotten: what is there tells.
    expect(endOf(await resume(step, 'projects/acme/locations/europe-west1/operations/gone'))).toMatchObject({
      outcome: 'succeeded',
    });
  });

  test('without a name what is there tells whether it was asked for', async () => {
    const { fake, plan, apply, resume } = await open();
    const steps = await plan(1);
    const step = stepOf(steps, 'create-revision');
    expect(endOf(await resume(step))).toMatchObject({ outcome: 'errored' });
    fake.project.loseNext('PATCH');
    await apply(step).catch(() => undefined);
    expect(endOf(await resume(step))).toMatchObject({ outcome: 'succeeded' });
    expect(endOf(await resume(stepOf(steps, 'traffic-100')))).toMatchObject({ outcome: 'errored' });
    const outputs = await apply(stepOf(steps, 'traffic-100'));
    expect(endOf(await resume(stepOf(steps, 'traffic-100'), handleOf(outputs)))).toMatchObject({
      outcome: 'succeeded',
    });
    expect(endOf(await resume(stepOf(steps, 'verify')))).toMatchObject({ outcome: 'succeeded' });
  });

  test('a canary that nobody watched is not called healthy', async () => {
    const { plan, apply, resume } = await open({ canary: [10] });
    const steps = await plan(1);
    await apply(stepOf(steps, 'create-revision'));
    await apply(stepOf(steps, 'traffic-10'));
    expect(endOf(await resume(stepOf(steps, 'traffic-10')))).toMatchObject({
      outcome: 'errored',
      detail: 'Traffic is shop-00001-abc 90 %, shop-00002-abc 10 %, and nobody watched it to the end',
    });
  });
});

describe('what gantry.yml says', () => {
  test('a service that does not exist is refused with the command that makes it', async () => {
    const { check, observe } = await open({ service: 'nope' });
    expect(await observe()).toMatchObject({ kind: 'empty' });
    expect(await check()).toEqual([
      expect.objectContaining({
        code: 'target-refused',
        hint: expect.stringContaining('gcloud run deploy nope --project acme --region europe-west1'),
      }),
    ]);
  });

  test('a container that is not there is named with those that are', async () => {
    const { check } = await open({ container: 'app' });
    expect(await check()).toEqual([
      expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining('web, proxy') }),
    ]);
  });
});
