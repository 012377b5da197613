import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ComposeFixture, createComposeFixture, type Deployed, type Release } from './compose-fixture.ts';

let at: ComposeFixture;
let first: Release;
let second: Release;
let broken: Release;

const config = { strategy: 'rolling' } as const;
const health = { interval: 50, deadline: 10_000 };

const service = (name: string, ...more: string[]) => [
  `  ${name}:`,
  '    build: .',
  '    init: true',
  '    healthcheck: { test: ["CMD", "wget", "-q", "-O-", "http://127.0.0.1:8080/healthz"], interval: 1s, start_period: 20s, start_interval: 100ms }',
  ...more.map((line) => `    ${line}`),
];

const compose = (...lines: string[]) => `${['services:', ...lines].join('\n')}\n`;

beforeAll(async () => {
  at = createComposeFixture();
  first = await at.release('one');
  second = await at.release('two');
  broken = await at.release('bad', 'exec sleep 1000');
});

afterEach(() => at.removeContainers());
afterAll(() => at.dispose());

/** `name image health` of each container of the project, oldest first. */
const containers = async () => {
  const seen = await at.engine.containers({ 'com.docker.compose.project': `${at.name}-dev` });
  return seen.map(({ name, imageRef, state }) => `${name.replace(`${at.name}-dev-`, '')} ${imageRef.split(':')[1]} ${state}`);
};

const deploy = (release: Release, more: Parameters<ComposeFixture['deploy']>[1] = {}): Promise<Deployed> =>
  at.deploy(release, { health, ...more, config: { ...config, ...more.config } });

describe('a rolling deploy', () => {
  it('starts the new beside the old, which stops last', async () => {
    at.write({ 'compose.yml': compose(...service('web')) });
    expect((await deploy(first)).end).toMatchObject({ outcome: 'succeeded' });
    expect(await containers()).toEqual(['web-1 one running']);
    const done = await deploy(second);
    expect(done.end).toMatchObject({ outcome: 'succeeded' });
    expect(done.outputs).toContainEqual(
      expect.objectContaining({ kind: 'end', detail: `${at.name}-dev-web-1 stopped` }),
    );
    expect(await containers()).toEqual(['web-2 two running']);
  });
});
