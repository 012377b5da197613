// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a compose file
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Deployed } from './compose-fixture.ts';
import { compose, createRollingFixture, type RollingFixture, service } from './rolling-fixture.ts';

let rolling: RollingFixture;
beforeAll(async () => {
  rolling = await createRollingFixture();
});
afterEach(() => rolling.at.removeContainers());
afterAll(() => rolling.at.dispose());

const endsOf = ({ outputs }: Deployed) =>
  outputs.flatMap((output) => (output.kind === 'end' ? [output.detail] : []));

describe('a rolling deploy', () => {
  it('starts the new beside the old, which goes when the new is healthy', async () => {
    const { at, containers, deploy, first, second } = rolling;
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
    const { at, containers, deploy, first } = rolling;
    at.write(compose(service('web')));
    await deploy(first, { env: { A: '1' } });
    await deploy(first, { env: { A: '2' } });
    expect(await containers()).toEqual(['web-2 one running']);
    at.write(compose(service('web', 'hostname: other')));
    await deploy(first, { env: { A: '2' } });
    expect(await containers()).toEqual(['web-3 one running']);
  });

  it('carries several services and replicas over at once, and leaves what does not change', async () => {
    const { at, containers, deploy, first, second } = rolling;
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
    const { at, containers, deploy, first, second } = rolling;
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

  it('stops the old one by its stop signal, and after its stop timeout', async () => {
    const { at, deploy, first, second } = rolling;
    const begun = (Date.now() / 1_000).toFixed(3);
    const ignores = await at.release('deaf', "trap '' USR1; exec httpd -f -p 8080 -h /www");
    at.write(compose(service('web', 'stop_signal: SIGUSR1')));
    await deploy(ignores);
    await deploy(second);
    await deploy(first);
    // In seconds; a time without a fraction would leave out those of the last one.
    const now = (Date.now() / 1_000).toFixed(3);
    const kills = await at.docker(
      ...['events', '--since', begun, '--until', now, '--filter', 'event=kill'],
      ...['--filter', `label=com.docker.compose.project=${at.name}-dev`],
      ...['--format', '{{.Actor.Attributes.name}} {{.Actor.Attributes.signal}} {{.TimeNano}}'],
    );
    const told = kills.split('\n').map((line) => line.split(' '));
    expect(told.map(([name, signal]) => `${name?.slice(at.name.length + 5)} ${signal}`)).toEqual([
      'web-1 10',
      'web-1 9',
      'web-2 10',
    ]);
    const [asked = 0, killed = 0] = told.map(([, , nanoseconds]) => Number(nanoseconds) / 1e9);
    // One second in the file, ten where nothing is said.
    expect(killed - asked).toBeGreaterThan(0.9);
    expect(killed - asked).toBeLessThan(5);
  });

  it('does not start on a migration that failed, and runs each once', async () => {
    const { at, containers, deploy, first, second } = rolling;
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

describe('where two cannot run beside each other', () => {
  it.each([
    [['ports: ["127.0.0.1:18999:8080"]'], /web publishes the fixed host port 127.0.0.1:18999/],
    [['ports: ["${PORT:-18999}:8080"]'], /web publishes the fixed host port \$\{PORT:-18999\}/],
    [['ports: [{ target: 8080, published: "18999" }]'], /fixed host port 18999/],
    [['ports: ["18999-19000:8080"]', 'deploy: { replicas: 2 }'], /fixed host port 18999-19000/],
    [['container_name: theirs'], /web has the fixed container_name theirs/],
    [['network_mode: host'], /web uses network_mode: host/],
  ])('%s is told by the plan', async (lines, message) => {
    const { at } = rolling;
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
    const { at } = rolling;
    at.write(compose(service('web', line)));
    expect(await at.check({ config: { strategy: 'rolling' } })).toEqual([]);
  });

  it('is found by the first step where only the env tells', async () => {
    const { at, deploy, first } = rolling;
    at.write(compose(service('web', 'ports: ["${PORTS:-}:8080"]')));
    expect(await deploy(first, { env: { PORTS: '18999' } })).toMatchObject({
      step: 'find-image',
      end: { outcome: 'failed', detail: expect.stringContaining('web publishes the fixed host port 18999') },
    });
  });
});
