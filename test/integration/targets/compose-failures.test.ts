import { createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ComposeFixture, createComposeFixture, type Release } from './compose-fixture.ts';

let at: ComposeFixture;
let good: Release;

beforeAll(async () => {
  at = createComposeFixture();
  good = await at.release('good');
});

afterEach(() => at.removeContainers());
afterAll(() => at.dispose());

function service(...lines: string[]): void {
  at.write({
    'compose.yml': ['services:', '  web:', '    build: .', ...lines.map((line) => `    ${line}`), ''].join(
      '\n',
    ),
  });
}

/** Until nothing keeps the port busy. */
async function listening(port = 0): Promise<{ port: number; server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, server };
}

describe('what comes up wrong', () => {
  it('a container that exits is noticed at once, with its last words', async () => {
    const release = await at.release('exits', 'echo could not open the database >&2; exit 3');
    service();
    const startedAt = Date.now();
    const done = await at.deploy(release, { health: {} });
    expect(done).toMatchObject({
      step: 'wait',
      end: { outcome: 'failed', detail: 'web exited with code 3', error: { code: 'target-refused' } },
    });
    expect(done.text).toContain('could not open the database');
    expect(Date.now() - startedAt).toBeLessThan(8_000);
  });

  it('one that is restarted again and again as well', async () => {
    const release = await at.release('restarts', 'echo again; exit 1');
    service('restart: always');
    const done = await at.deploy(release, { health: {} });
    expect(done.end).toMatchObject({ outcome: 'failed', detail: 'web keeps restarting (exit code 1)' });
    expect(done.text).toContain('again');
  });

  it('one that ends by itself, if nothing else runs the release', async () => {
    const release = await at.release('ends', 'true');
    service();
    expect((await at.deploy(release, { health: {} })).end).toMatchObject({
      outcome: 'failed',
      detail: 'web ended by itself (exit code 0)',
    });
  });

  it('one whose own check fails, before the deadline', async () => {
    service('healthcheck: { test: ["CMD", "false"], interval: 100ms, retries: 2 }', 'init: true');
    const done = await at.deploy(good, { health: {} });
    expect(done.end).toMatchObject({ outcome: 'failed', detail: 'web is unhealthy' });
    expect(done.outputs.at(-2)).toMatchObject({
      kind: 'line',
      source: 'web',
      level: 'note',
      text: 'it wrote nothing',
    });
  });

  it('one whose own check never passes, at the deadline', async () => {
    service(
      'healthcheck: { test: ["CMD", "sleep", "60"], interval: 60s, timeout: 60s, start_period: 60s }',
      'init: true',
    );
    const done = await at.deploy(good, { health: { deadline: 1_500 } });
    expect(done.end).toMatchObject({ outcome: 'failed', detail: 'not healthy within 1.5 s: web starting' });
    expect(done.text).toMatch(/web starting, 1(\.\d)? s/);
  });

  it('one that answers anything but yes', async () => {
    service('ports: ["127.0.0.1::8080"]', 'init: true');
    const done = await at.deploy(good, { health: { http: '/nowhere', deadline: 1_000 } });
    expect(done.end).toMatchObject({ detail: 'not healthy within 1 s: web answers 404 on /nowhere' });
  });

  it('one that does not answer', async () => {
    const release = await at.release('silent', 'exec sleep 600');
    service('ports: ["127.0.0.1::8080"]', 'init: true');
    const done = await at.deploy(release, { health: { http: '/healthz', deadline: 1_000 } });
    expect(done.end).toMatchObject({
      detail: expect.stringMatching(
        /^not healthy within 1 s: web does not answer on \/healthz \(connection re/,
      ),
    });
  });

  it('one that publishes nothing to ask', async () => {
    service('init: true');
    expect((await at.deploy(good)).end).toMatchObject({
      outcome: 'failed',
      detail: 'no service of the release publishes a port on which /healthz could be asked',
      error: { hint: expect.stringContaining('under health') },
    });
  });
});

describe('what cannot start', () => {
  it.each([
    [
      'a job that fails',
      'command: [sh, -c, "echo no such table; exit 3"]',
      'service_completed_successfully',
      /^\S+ ended with code 3, and others wait for it to end with 0\.$/,
    ],
    [
      'a database that is unwell',
      'command: [sh, -c, "echo no such table; exec sleep 60"]\n    init: true\n    healthcheck: { test: [CMD, "false"], interval: 100ms, retries: 1 }',
      'service_healthy',
      /^\S+ is unhealthy, and others wait for it\.$/,
    ],
  ])('because of %s, whose last words are told', async (_name, lines, condition, message) => {
    service(`depends_on: { first: { condition: ${condition} } }\n  first:\n    build: .\n    ${lines}`);
    const done = await at.deploy(good);
    expect(done).toMatchObject({
      step: 'start',
      end: { outcome: 'failed', error: { message: expect.stringMatching(message) } },
    });
    expect(done.text).toContain('no such table');
  });

  it('a port that another program has', async () => {
    const { port, server } = await listening();
    try {
      service(`ports: ["127.0.0.1:${port}:8080"]`);
      expect(await at.deploy(good)).toMatchObject({
        step: 'start',
        end: {
          outcome: 'failed',
          error: { code: 'target-refused', message: `Port 127.0.0.1:${port} is in use already.` },
        },
      });
    } finally {
      server.close();
    }
  });

  it('a port that another container has', async () => {
    const { port, server } = await listening();
    await new Promise((resolve) => server.close(resolve));
    service(`ports: ["127.0.0.1:${port}:8080"]`, 'init: true');
    await at.deploy(good, { environment: 'other' });
    expect((await at.deploy(good)).end).toMatchObject({
      outcome: 'failed',
      error: {
        message: `Port 127.0.0.1:${port} is in use already.`,
        hint: expect.stringContaining('docker ps'),
      },
    });
  });

  it('an image that cannot be pulled', async () => {
    at.write({
      'compose.yml': `services:\n  web: { build: . }\n  db: { image: "127.0.0.1:9/nowhere/db:1" }\n`,
    });
    expect(await at.deploy(good)).toMatchObject({ step: 'start', end: { outcome: 'failed' } });
  });

  it('a container name that another environment has', async () => {
    service(`container_name: ${at.name}-fixed`, 'init: true', 'ports: ["127.0.0.1::8080"]');
    await at.deploy(good, { environment: 'other' });
    expect((await at.deploy(good)).end).toMatchObject({
      outcome: 'failed',
      error: { message: `The container name ${at.name}-fixed is taken.` },
    });
  });

  it('a release whose image is gone, before anything is touched', async () => {
    service();
    const gone = { ...good, imageId: `sha256:${'0'.repeat(64)}` };
    expect(await at.deploy(gone)).toMatchObject({
      step: 'find-image',
      end: { outcome: 'failed', error: { code: 'image-gone', hint: expect.stringContaining('Build') } },
    });
  });

  it('a project in which others have containers, before anything is touched', async () => {
    service();
    const container = await at.docker(
      'run',
      '--detach',
      '--label',
      `com.docker.compose.project=${at.name}-dev`,
      '--label',
      'com.docker.compose.oneoff=False',
      good.ref,
    );
    try {
      expect(await at.deploy(good)).toMatchObject({
        step: 'find-image',
        end: {
          outcome: 'failed',
          error: { code: 'target-refused', message: expect.stringContaining('did not start') },
        },
      });
      expect(await at.docker('inspect', '--format', '{{.State.Running}}', container)).toBe('true');
    } finally {
      await at.docker('rm', '--force', container);
    }
  });
});

it('an abort ends a deploy at once', async () => {
  const release = await at.release('slow', 'exec sleep 600');
  service('init: true', 'ports: ["127.0.0.1::8080"]');
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 1_500);
  const startedAt = Date.now();
  await expect(at.deploy(release, { io: { signal: controller.signal } })).rejects.toThrow(/abort/i);
  expect(Date.now() - startedAt).toBeLessThan(5_000);
});
