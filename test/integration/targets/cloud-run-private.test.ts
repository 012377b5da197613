import { afterEach, describe, expect, test } from 'vitest';
import { askAll } from '#main/core/health/ask.ts';
import { reachOf } from '#main/core/health/reach.ts';
import { cloudRunTarget } from '#main/targets/cloud-run/index.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { checksOf } from '#shared/domain/health.ts';
import { type CloudRunFixture, createCloudRunFixture, deployer, place, token } from './cloud-run-fixture.ts';

let fixture: CloudRunFixture;
afterEach(() => fixture.stop());

const careful = { smoke: '/ready', canary: [10], canaryPause: '40ms' };

/** A service that only these accounts may call. */
async function privateFixture(
  written: Readonly<Record<string, unknown>> = {},
  invokers: readonly string[] = [deployer],
  health?: Parameters<typeof createCloudRunFixture>[1],
) {
  fixture = await createCloudRunFixture({ ...careful, ...written }, health);
  fixture.fake.project.makePrivate('shop', invokers);
  return fixture;
}

const outcomes = (ends: readonly { readonly outcome: string }[]) => ends.map(({ outcome }) => outcome);
const audience = () => `${fixture.fake.baseUrl}/serve/shop`;
const statuses = () => [...new Set(fixture.fake.callers.map(({ status }) => status))];

describe('a service that only those may call who sign in', () => {
  test('is asked with a token for the service’s own address, also at the address of a tag', async () => {
    await privateFixture({ invoker: 'private' });
    const { ends } = await fixture.deploy(1);
    expect(outcomes(ends)).toEqual(Array(6).fill('succeeded'));
    expect(fixture.fake.callers.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/tagged/shop/gantry/ready', '/tagged/shop/gantry/healthz']),
    );
    expect(statuses()).toEqual([200]);
    expect(new Set(fixture.identitiesAsked.map((wanted) => wanted.audience))).toEqual(new Set([audience()]));
  });

  test('without the setting the smoke test says what to write, and nothing was signed in', async () => {
    await privateFixture();
    const { ends } = await fixture.deploy(1);
    expect(ends.at(-1)).toMatchObject({
      outcome: 'failed',
      error: { message: expect.stringContaining('403'), hint: expect.stringContaining('`invoker: private`') },
    });
    expect(fixture.identitiesAsked).toEqual([]);
    expect(statuses()).toEqual([403]);
  });

  test('who signs in and may not call it is told which role that takes', async () => {
    await privateFixture({ invoker: 'private' }, ['somebody-else@acme.iam.gserviceaccount.com']);
    const { ends } = await fixture.deploy(1);
    expect(ends.at(-1)).toMatchObject({
      outcome: 'failed',
      error: { hint: expect.stringContaining('roles/run.invoker') },
    });
  });

  test.each([
    [{ accessToken: 'secret://env/TOKEN' }, { accessToken: expect.any(String) }],
    [{ serviceAccountFile: 'keys/ci.json' }, { keyFile: 'keys/ci.json' }],
    ['application-default', 'application-default'],
  ])('with credentials %j it is they who ask, here for another account’s token', async (credentials, by) => {
    const impersonate = 'checks@acme.iam.gserviceaccount.com';
    await privateFixture({ invoker: { impersonate }, credentials }, [impersonate]);
    const io = { ...fixture.io(), googleToken: async () => token };
    expect(await cloudRunTarget.check(fixture.config, place, io)).toEqual([]);
    expect(fixture.identitiesAsked).toEqual([{ audience: audience(), by, impersonate }]);
  });

  test('who cannot have such a token hears it before anything is deployed, and before traffic moves', async () => {
    await privateFixture({ invoker: 'private' });
    const none = new GantryError('secret-unresolved', 'No identity token for a person.', 'Name an account.');
    const refusing = { ...fixture.io(), googleIdentity: () => Promise.reject(none) };
    expect(await cloudRunTarget.check(fixture.config, place, refusing)).toMatchObject([
      { message: none.message, hint: none.hint },
    ]);
    const [, create, , canary] = await fixture.plan(1);
    if (create === undefined || canary === undefined) throw new Error('no plan');
    await fixture.apply(create);
    const changes = fixture.fake.project.changes();
    await expect(
      (async () => {
        for await (const _ of cloudRunTarget.apply(canary, refusing));
      })(),
    ).rejects.toBe(none);
    expect(fixture.fake.project.changes()).toBe(changes);
  });

  test('a check that brings an authorization of its own keeps it, and is let in all the same', async () => {
    const http = { url: '/healthz', send: { Authorization: 'Basic b3du' } };
    await privateFixture({ invoker: 'private' }, [deployer], { http });
    const { ends } = await fixture.deploy(1);
    expect(outcomes(ends)).toEqual(Array(6).fill('succeeded'));
    expect(statuses()).toEqual([200]);
    expect(fixture.fake.callers.map(({ authorization }) => authorization)).toContain('Basic b3du');
  });

  test('afterwards its own address is asked as somebody, and no other place hears of the token', async () => {
    await privateFixture({ invoker: 'private' });
    const { config, fake } = fixture;
    const io = fixture.io();
    const seen = await fixture.observe();
    const elsewhere = fake.baseUrl.replace('127.0.0.1', 'localhost');
    const urls = ['/healthz', `${fake.baseUrl}/serve/shop/whole`, `${elsewhere}/serve/shop/elsewhere`];
    const probes = await askAll(
      urls.flatMap((http) => checksOf({ http, interval: 10, deadline: 100 })),
      seen,
      (one) => reachOf(one, { compares: 'digest' }),
      { io, signIn: async (address) => (await cloudRunTarget.signIn?.(config, address, io)) ?? {} },
    );
    expect(probes.map((probe) => probe?.text)).toEqual(['200', '200', '403']);
    expect(await cloudRunTarget.signIn?.(config, `${fake.baseUrl}/serve/other`, io)).toEqual({});
    expect(await cloudRunTarget.signIn?.({ ...config, invoker: 'public' }, audience(), io)).toEqual({});
  });
});
