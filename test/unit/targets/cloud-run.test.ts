import { describe, expect, test } from 'vitest';
import type { Io, Registry } from '#main/core/ports.ts';
import { type CloudRun, createCloudRun } from '#main/targets/cloud-run/api.ts';
import { cloudRunConfigSchema } from '#main/targets/cloud-run/config.ts';
import { observeService } from '#main/targets/cloud-run/observe.ts';
import { untilSettled } from '#main/targets/cloud-run/settle.ts';
import { serviceSchema } from '#main/targets/cloud-run/shapes.ts';
import { sameShares, withShare } from '#main/targets/cloud-run/traffic.ts';
import { httpTo } from '#test/fakes/cloud-run/in-memory.ts';
import { createFakeProject } from '#test/fakes/cloud-run/project.ts';
import { refusal } from '#test/fakes/cloud-run/requests.ts';
import { only } from '#test/fakes/only.ts';

const token = 'ya29.unit';
const image = (letter: string) => `eu.gcr.io/acme/shop@sha256:${letter.repeat(64)}`;
const written = {
  kind: 'cloud-run',
  project: 'acme',
  region: 'europe-west1',
  service: 'shop',
  repository: 'eu.gcr.io/acme/shop',
  credentials: { accessToken: 'secret://env/TOKEN' },
};
const config = cloudRunConfigSchema.parse(written);

function world() {
  const project = createFakeProject({ project: 'acme', region: 'europe-west1', token, now: () => 0 });
  const slept: number[] = [];
  const { signal } = new AbortController();
  const io = only<Io>({
    http: httpTo(project),
    registry: only<Registry>({}),
    signal,
    clock: {
      now: () => 0,
      monotonic: () => 0,
      async sleep(ms) {
        slept.push(ms);
      },
    },
    secret: async () => token,
  });
  return { project, slept, io, run: createCloudRun(config, io, signal) };
}

describe('shares of traffic', () => {
  test.each([
    [[{ revision: 'a', percent: 100 }], 10, [10, 90]],
    [
      [
        { revision: 'a', percent: 67 },
        { revision: 'b', percent: 33 },
      ],
      50,
      [50, 34, 16],
    ],
    [
      [
        { revision: 'a', percent: 99 },
        { revision: 'b', percent: 1 },
      ],
      99,
      [99, 1],
    ],
    [
      [
        { revision: 'a', percent: 90 },
        { revision: 'new', percent: 10 },
      ],
      50,
      [50, 50],
    ],
    [[], 10, [100]],
  ])('%j and %i %% to a new one', (base, percent, expected) => {
    const shares = withShare(base, 'new', percent);
    expect(shares.map((share) => share.percent)).toEqual(expected);
    expect(shares[0]?.revision).toBe('new');
  });

  test('are the same in whatever order and parts they are told', () => {
    const parts = [
      { revision: 'b', percent: 40 },
      { revision: 'a', percent: 30 },
      { revision: 'a', percent: 30 },
    ];
    expect(
      sameShares(
        [
          { revision: 'a', percent: 60 },
          { revision: 'b', percent: 40 },
        ],
        parts,
      ),
    ).toBe(true);
    expect(sameShares([{ revision: 'a', percent: 100 }], parts)).toBe(false);
  });
});

describe('what is asked again', () => {
  test('waits for as long as Cloud Run says, and longer each time where it says nothing', async () => {
    const { project, slept, run } = world();
    project.addService('shop', [{ image: image('a') }]);
    project.answerNext('GET', refusal(429, 'RESOURCE_EXHAUSTED', 'Quota.', { 'retry-after': '7' }));
    project.answerNext('GET', refusal(503, 'UNAVAILABLE', 'Soon.'), 2);
    project.answerNext('GET', refusal(429, 'RESOURCE_EXHAUSTED', 'Quota.', { 'retry-after': '86400' }));
    expect((await run.service()).latestReadyRevision).toMatch(/shop-00001-abc$/);
    expect(slept).toEqual([7_000, 1_000, 2_000, 60_000]);
  });

  test('ends some time', async () => {
    const { project, run } = world();
    project.answerNext('GET', refusal(429, 'RESOURCE_EXHAUSTED', 'Quota.'), 9);
    await expect(run.service()).rejects.toMatchObject({ code: 'target-unreachable' });
  });

  test('a change that may have been carried out is not sent again', async () => {
    const { project, run } = world();
    project.addService('shop', [{ image: image('a') }]);
    project.answerNext('PATCH', refusal(500, 'INTERNAL', 'Oops.'));
    const change = async () => ({ containers: [{ image: image('b') }] });
    await expect(run.update(change)).rejects.toMatchObject({ code: 'target-unreachable' });
    expect(project.requests.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
  });

  test('something else that answers is not taken for Cloud Run', async () => {
    const { project, run } = world();
    project.answerNext('GET', { status: 200, headers: {}, body: '<html>sign in</html>' });
    await expect(run.service()).rejects.toMatchObject({ hint: expect.stringContaining('baseUrl') });
  });
});

describe('what is observed', () => {
  test('settings have names of env keys and no value, and every page of revisions is read', async () => {
    const { project, io } = world();
    const env = [
      { name: 'TOKEN', value: 's3cret' },
      { name: 'MODE', value: 'x' },
    ];
    project.addService(
      'shop',
      [{ image: image('a'), env, resources: { limits: { cpu: '1', memory: '512Mi' } } }],
      {
        scaling: { maxInstanceCount: 5 },
        timeout: '300s',
      },
    );
    for (let made = 0; made < 130; made += 1)
      project.deployElsewhere('shop', image(made % 2 === 0 ? 'b' : 'c'));
    const seen = await observeService(config, io);
    expect(seen).toMatchObject({
      kind: 'running',
      settings: {
        image: image('c'),
        traffic: '100 % to the latest revision',
        cpu: '1',
        memory: '512Mi',
        env: 'MODE, TOKEN',
        instances: '0 to 5',
        timeout: '300s',
        ingress: 'INGRESS_TRAFFIC_ALL',
      },
      // The newest of each image.
      kept: [
        { revision: 'shop-00131-abc', isReady: true },
        { revision: 'shop-00130-abc', isReady: true },
        { revision: 'shop-00001-abc', isReady: true },
      ],
    });
    expect(JSON.stringify(seen)).not.toContain('s3cret');
  });

  test('a split is as many services as it has parts, and a note', async () => {
    const { project, io } = world();
    project.addService('shop', [{ image: image('a') }]);
    project.deployElsewhere('shop', image('b'));
    project.setTraffic('shop', [
      { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision: 'shop-00001-abc', percent: 30 },
      { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 70 },
    ]);
    expect(await observeService(config, io)).toMatchObject({
      services: [
        { name: 'shop', revision: 'shop-00002-abc', state: '70 % of traffic, ready' },
        { name: 'shop shop-00001-abc', revision: 'shop-00001-abc', state: '30 % of traffic, ready' },
      ],
      notes: [expect.stringContaining('split: shop-00002-abc 70 %, shop-00001-abc 30 %')],
    });
  });

  test('an image that was named by a tag is not taken for a digest', async () => {
    const { project, io } = world();
    project.addService('shop', [{ image: 'eu.gcr.io/acme/shop:latest' }]);
    expect(await observeService(config, io)).toMatchObject({
      services: [{ imageId: 'eu.gcr.io/acme/shop:latest' }],
    });
  });
});

test.each([
  [{ baseUrl: 'http://run.example' }, /https/],
  [{ baseUrl: 'https://me:pw@run.example' }, /https/],
  [{ canary: [50, 10] }, /rise/],
  [{ canary: [100] }, /99/],
  [{ credentials: { accessToken: 'ya29.in-the-clear' } }, /secret:/],
  [{ smoke: 'healthz' }, /\//],
  [{ service: 'Shop' }, /service/],
  [{ region: 'somewhere' }, /region/],
])('gantry.yml with %j is refused', (more, why) => {
  const parsed = cloudRunConfigSchema.safeParse({ ...written, ...more });
  expect(parsed.success).toBe(false);
  expect(JSON.stringify(parsed.error?.issues)).toMatch(why);
});

describe('a change that takes its time', () => {
  test('says each thing once in the log, and goes on showing it', async () => {
    const { io } = world();
    const service = (state: string, message = '') =>
      serviceSchema.parse({
        ...{ name: 'shop', template: {}, latestCreatedRevision: 'shop-00002-abc' },
        terminalCondition: { type: 'Ready', state, message },
      });
    const services = [
      ...[service('CONDITION_RECONCILING'), service('CONDITION_RECONCILING')],
      ...[service('CONDITION_RECONCILING', 'Deploying Revision.'), service('CONDITION_SUCCEEDED')],
    ];
    let asked = 0;
    const run = only<CloudRun>({
      async wait() {
        asked += 1;
        return { name: 'o', done: asked > 2 };
      },
      async service() {
        const next = services.shift();
        if (next === undefined) throw new Error('asked too often');
        return next;
      },
    });
    const outputs = [];
    for await (const output of untilSettled(run, 'o', io)) outputs.push(output);
    const line = { kind: 'line', source: 'cloud-run', level: 'out' };
    const [works, deploys] = ['Cloud Run works on shop-00002-abc', 'Deploying Revision.'];
    expect(outputs).toEqual([
      { ...line, text: works },
      { kind: 'progress', text: works },
      { kind: 'progress', text: works },
      { ...line, text: deploys },
      { kind: 'progress', text: deploys },
    ]);
    expect(services).toEqual([]);
  });
});
