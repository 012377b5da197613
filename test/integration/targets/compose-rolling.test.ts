// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a compose file

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StepOutput } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import {
  type ComposeFixture,
  createComposeFixture,
  type Deployed,
  engineWith,
  type Release,
} from './compose-fixture.ts';

let at: ComposeFixture;
let first: Release;
let second: Release;
let broken: Release;

const healthcheck =
  'healthcheck: { test: ["CMD", "wget", "-q", "-O-", "http://127.0.0.1:8080/healthz"], interval: 200ms, retries: 1, start_period: 500ms, start_interval: 50ms }';

const service = (name: string, ...more: string[]) =>
  [`  ${name}:`, 'build: .', 'init: true', 'stop_grace_period: 1s', healthcheck, ...more].join('\n    ');

const compose = (...services: string[]) => ({
  'compose.yml': `services:\n${services.join('\n')}\n`,
});

beforeAll(async () => {
  at = createComposeFixture();
  first = await at.release('one');
  second = await at.release('two');
  broken = await at.release('bad', 'exec sleep 1000');
});

afterEach(() => at.removeContainers());
afterAll(() => at.dispose());

const health = { interval: 50, deadline: 6_000 };

type Options = Parameters<ComposeFixture['deploy']>[1];

const deploy = (release: Release, more: Options = {}): Promise<Deployed> =>
  at.deploy(release, {
    health,
    ...more,
    config: { strategy: 'rolling', overlap: '20ms', ...more.config } as never,
  });

/** `web-1 one running` for each container of the project. */
const containers = async (): Promise<readonly string[]> => {
  const seen = await at.engine.containers({ 'com.docker.compose.project': `${at.name}-dev` });
  return seen.map(
    ({ name, imageRef, state }) => `${name.slice(at.name.length + 5)} ${imageRef.split(':')[1]} ${state}`,
  );
};

const collected = async (outputs: AsyncIterable<StepOutput>): Promise<readonly StepOutput[]> => {
  const all: StepOutput[] = [];
  for await (const output of outputs) all.push(output);
  return all;
};

const endsOf = ({ outputs }: Deployed) =>
  outputs.flatMap((output) => (output.kind === 'end' ? [output.detail] : []));

describe('a rolling deploy', () => {
  it('starts the new beside the old, which goes when the new is healthy', async () => {
    at.write(compose(service('web')));
    expect((await deploy(first)).end.outcome).toBe('succeeded');
    expect(await containers()).toEqual(['web-1 one running']);
    const done = await deploy(second);
    expect(endsOf(done)).toEqual([
      expect.stringContaining(second.ref),
      `web started beside ${at.name}-dev-web-1`,
      expect.stringMatching(/^healthy after/),
      `${at.name}-dev-web-1 stopped`,
      expect.stringMatching(/^web verified as/),
    ]);
    expect(await containers()).toEqual(['web-2 two running']);
    // Nothing is different, so nothing is replaced.
    expect(endsOf(await deploy(second)).slice(1)).toEqual([
      'web runs already',
      expect.anything(),
      'nothing ran beside',
      expect.anything(),
    ]);
    expect(await containers()).toEqual(['web-2 two running']);
  });

  it('replaces for another env, or another setting of the file, as well', async () => {
    at.write(compose(service('web')));
    await deploy(first, { env: { A: '1' } });
    await deploy(first, { env: { A: '2' } });
    expect(await containers()).toEqual(['web-2 one running']);
    at.write(compose(service('web', 'hostname: other')));
    await deploy(first, { env: { A: '2' } });
    expect(await containers()).toEqual(['web-3 one running']);
  });

  it('carries several services and replicas over at once, and leaves what does not change', async () => {
    const other = `image: "${first.ref}", pull_policy: never, init: true, healthcheck: { test: [CMD, "true"], interval: 100ms }`;
    const db = `  db: { ${other} }`;
    const files = compose(
      service('web', 'deploy: { replicas: 2 }', 'depends_on: [db]'),
      service('worker'),
      `  proxy: { ${other}, depends_on: [web] }`,
      `  asleep: { ${other}, profiles: [never] }`,
      db,
    );
    at.write(files);
    const config = { services: ['web', 'worker'] };
    await deploy(first, { config });
    const before = await containers();
    expect(before).toHaveLength(5);
    await deploy(second, { config });
    expect(await containers()).toEqual([
      'db-1 one running',
      'proxy-1 one running',
      'web-3 two running',
      'web-4 two running',
      'worker-2 two running',
    ]);
    // Fewer of them are wanted: the rest goes like old ones.
    at.write(compose(service('web', 'depends_on: [db]'), service('worker'), db));
    await deploy(second, { config });
    const after = await containers();
    expect(after.filter((one) => one.startsWith('web'))).toHaveLength(1);
    expect(after.filter((one) => one.startsWith('proxy'))).toEqual([]);
  });

  it('drains the old one by a command in it, and goes on where that fails', async () => {
    at.write(compose(service('web', 'ports: ["127.0.0.1::8080"]')));
    await deploy(first);
    const drain = { command: ['sh', '-c', 'cat /www/healthz; rm /www/healthz'], wait: '1ms', timeout: '5s' };
    // As gantry.yml has it; the fixture parses it.
    const config = { drain } as never;
    const done = await deploy(second, { config });
    expect(done.outputs).toContainEqual({ kind: 'line', source: 'web', level: 'out', text: 'one' });
    expect(endsOf(done)).toContain(`${at.name}-dev-web-1 drained and stopped`);
    const again = await deploy(first, { config: { drain: { ...drain, command: ['false'] } } as never });
    expect(again.end.outcome).toBe('succeeded');
    expect(again.text).toContain('the drain command ended with 1');
    const slow = { ...drain, command: ['sleep', '60'], timeout: '100ms' };
    const late = await deploy(second, { config: { drain: slow } as never });
    expect(late.end.outcome).toBe('succeeded');
    expect(late.text).toContain('the drain command did not end within 100 ms');
    expect(await containers()).toEqual(['web-4 two running']);
  });

  it('does not start on a migration that failed, and runs each once', async () => {
    const migrate = (command: string) => `  migrate: { build: ., command: [sh, -c, "${command}"] }`;
    const web = service('web', 'depends_on: { migrate: { condition: service_completed_successfully } }');
    at.write(compose(web, migrate('echo done')));
    expect((await deploy(first)).end.outcome).toBe('succeeded');
    at.write(compose(web, migrate('sleep 0.3; echo no such table; exit 3')));
    const failed = await deploy(second);
    expect(failed).toMatchObject({
      step: 'start',
      end: { outcome: 'failed', detail: expect.stringContaining('migrate ended with code 3') },
    });
    expect(failed.text).toContain('no such table');
    expect(await containers()).toEqual(['migrate-1 two exited (3)', 'web-1 one running']);
    at.write(compose(web, migrate('sleep 0.3; echo migrated')));
    expect((await deploy(second)).end.outcome).toBe('succeeded');
    expect(await containers()).toEqual(['migrate-1 two exited (0)', 'web-2 two running']);
    expect(await at.docker('logs', `${at.name}-dev-migrate-1`)).toBe('migrated');
  });
});

describe('a rolling deploy that goes wrong', () => {
  it('removes what does not come up, and the old one serves on', async () => {
    at.write(compose(service('web')));
    await deploy(first);
    const done = await deploy(broken);
    expect(done).toMatchObject({ step: 'wait', end: { outcome: 'failed' } });
    expect(done.text).toContain('removed; what ran before still serves');
    expect(await containers()).toEqual(['web-1 one running']);
    // Back on what runs: nothing needs to be started for it.
    await deploy(first);
    expect(await containers()).toEqual(['web-1 one running']);
  });

  it('leaves the first one there to be looked at', async () => {
    at.write(compose(service('web')));
    expect((await deploy(broken)).end.outcome).toBe('failed');
    expect(await containers()).toEqual(['web-1 bad running']);
    await deploy(first);
    expect(await containers()).toEqual(['web-2 one running']);
  });

  it('removes it when cancelled too', async () => {
    at.write(compose(service('web')));
    await deploy(first);
    const cancel = new AbortController();
    const cancelled = deploy(broken, {
      io: {
        signal: cancel.signal,
        clock: {
          now: Date.now,
          async sleep(ms, signal) {
            cancel.abort(new Error('cancelled'));
            await at.io.clock.sleep(ms, signal);
          },
        },
      },
    });
    expect((await cancelled).end).toEqual({
      kind: 'end',
      outcome: 'cancelled',
      detail: `${at.name}-dev-web-2 removed; what ran before still serves`,
    });
    expect(await containers()).toEqual(['web-1 one running']);
  });

  it('waits for an engine that is away for a moment with all that it has started', async () => {
    at.write(compose(service('web')));
    await deploy(first);
    const { steps, applied } = at.steps(second, {
      health,
      config: { strategy: 'rolling', overlap: '20ms' } as never,
    });
    for (const step of steps) {
      if (step.id === 'wait') {
        const away = () => Promise.reject(new GantryError('engine-unreachable', 'It is away.', 'Wait.'));
        const io = { engine: engineWith(at.engine, { containers: away }) };
        await expect(collected(applied(step, { io }))).rejects.toThrow('It is away.');
        expect(await containers()).toEqual(['web-1 one running', 'web-2 two running']);
      }
      expect((await collected(applied(step))).at(-1)).toMatchObject({ outcome: 'succeeded' });
    }
    expect(await containers()).toEqual(['web-2 two running']);
  });

  it('never goes back to one that was drained', async () => {
    at.write(compose(service('web')));
    await deploy(first);
    const cancel = new AbortController();
    const drain = { command: ['rm', '/www/healthz'], wait: '1m' };
    const cancelled = deploy(second, {
      config: { drain } as never,
      io: {
        signal: cancel.signal,
        clock: {
          now: Date.now,
          async sleep(ms, signal) {
            if (ms === 1_000) cancel.abort(new Error('cancelled'));
            await at.io.clock.sleep(ms, signal);
          },
        },
      },
    });
    await expect(cancelled).rejects.toThrow('cancelled');
    expect(await containers()).toEqual(['web-1-drained one running', 'web-2 two running']);
    expect((await deploy(first)).end.outcome).toBe('succeeded');
    expect(await containers()).toEqual(['web-3 one running']);
  });

  it('is sorted out by the next one, wherever it died', async () => {
    at.write(compose(service('web')));
    await deploy(first);
    const died = async (release: Release, ...last: readonly string[]) => {
      const { steps, applied } = at.steps(release, {
        health,
        config: { strategy: 'rolling', overlap: '20ms' } as never,
      });
      for (const step of steps) {
        if (step.id === last[0]) return;
        await collected(applied(step));
      }
    };
    // Two healthy ones.
    await died(second, 'hand-over');
    expect(await containers()).toEqual(['web-1 one running', 'web-2 two running']);
    expect((await deploy(second)).end.outcome).toBe('succeeded');
    expect(await containers()).toEqual(['web-2 two running']);
    // One that never came up: it goes first, and the one that serves goes last.
    await died(broken, 'wait');
    const done = await deploy(first);
    expect(done.end.outcome).toBe('succeeded');
    expect(done.text).toContain('removing what an earlier deploy left');
    expect(await containers()).toEqual(['web-3 one running']);
  });
});

describe('where two cannot run beside each other', () => {
  it.each([
    [['ports: ["127.0.0.1:18999:8080"]'], /web publishes the fixed host port 127.0.0.1:18999/],
    [['ports: ["${PORT:-18999}:8080"]'], /web publishes the fixed host port \$\{PORT:-18999\}/],
    [['ports: [{ target: 8080, published: "18999" }]'], /fixed host port 18999/],
    [['ports: ["18999-19000:8080"]', 'deploy: { replicas: 2 }'], /fixed host port 18999-19000/],
    [['container_name: theirs'], /web has the fixed container_name theirs/],
    [['network_mode: host'], /web uses network_mode: host/],
  ])('%s is told by the plan', async (lines, message) => {
    at.write(compose(service('web', ...lines)));
    const config = { strategy: 'rolling' } as const;
    expect(await at.check({ config })).toEqual([
      {
        code: 'compose-invalid',
        message: expect.stringMatching(message),
        hint: expect.stringContaining('Or set "strategy: recreate".'),
      },
    ]);
    expect(await at.check()).toEqual([]);
  });

  it.each([
    ['ports: ["8080", "127.0.0.1::8081", "18999-19000:8082", "${PORTS:-}:8083"]'],
    ['ports: [{ target: 8080 }]'],
  ])('%s is no such place', async (line) => {
    at.write(compose(service('web', line)));
    expect(await at.check({ config: { strategy: 'rolling' } })).toEqual([]);
  });

  it('is found by the first step where only the env tells', async () => {
    at.write(compose(service('web', 'ports: ["${PORTS:-}:8080"]')));
    expect(await deploy(first, { env: { PORTS: '18999' } })).toMatchObject({
      step: 'find-image',
      end: { outcome: 'failed', detail: expect.stringContaining('web publishes the fixed host port 18999') },
    });
  });
});
