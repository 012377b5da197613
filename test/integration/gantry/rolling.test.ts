import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGantryWorld, type GantryWorld, untilEnded, untilPrinted } from '#test/gantry-process.ts';

let world: GantryWorld;
beforeAll(async () => {
  world = await createGantryWorld();
  await world.workspace.edit('gantry.yml', (text) =>
    text
      .replace(/^tests:\n( .*\n|\n)*/m, '')
      .replace('{ kind: compose }', '{ kind: compose, strategy: rolling, overlap: 50ms }')
      .replace('health: { http: /healthz, deadline: 1m }', 'health: { interval: 50ms, deadline: 1m }'),
  );
  await world.workspace.edit('compose.yml', (text) =>
    text
      .replace('interval: 10s', 'interval: 200ms')
      .replace('retries: 3', 'retries: 1')
      .replace('start_period: 10s', 'start_period: 1s'),
  );
  await world.done('build', '--trust');
}, 60_000);
afterAll(() => world.remove());

/** `chatbot-dev-web-1 <since when>` for each container of dev. */
const containers = async () => {
  const label = `label=com.docker.compose.project=${world.workspace.name}-dev`;
  const ids = (await world.docker('ps', '--all', '--quiet', '--filter', label)).split('\n');
  const shown = await world.docker('inspect', '--format', '{{.Name}} {{.State.StartedAt}}', ...ids);
  return shown.split('\n').map((line) => line.replace(`/${world.workspace.name}-dev-`, ''));
};
const names = async () => (await containers()).map((line) => line.split(' ')[0]).sort();

// One story, told in order: each test stands on those before it.
describe('a rolling deploy', () => {
  test('is refused beforehand where a fixed port makes it impossible, by the service and with a remedy', async () => {
    const refused = await world.gantry('plan', 'dev');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('web publishes the fixed host port 127.0.0.1:');
    expect(refused.stderr).toContain('"strategy: recreate"');
    await world.workspace.edit('compose.yml', (text) =>
      text.replace(/127\.0\.0\.1:\$\{PORT[^}]*\}:8080/, '127.0.0.1::8080'),
    );
    const { stdout } = await world.done('plan', 'dev');
    expect(stdout).toContain('Start beside: new containers');
    expect(stdout).toContain('Hand over: old and new serve together for 50 ms');
    await world.done('deploy', 'dev', '--yes');
    expect(await names()).toEqual(['web-1']);
  });

  test('that fails takes nothing from the release that serves, which was never stopped', async () => {
    const before = await containers();
    await world.workspace.edit('src/start', (text) => text.replace('exec httpd', 'exec sleep 600 #'));
    await world.done('build', '--trust');
    const { code, stdout } = await world.gantry('deploy', 'dev', '--yes');
    expect(code).toBe(1);
    expect(stdout).toContain('- Hand over: skipped');
    const [run] = await world.history();
    expect(run).toMatchObject({ state: 'rolled-back' });
    expect(await containers()).toEqual(before);
    await world.gantry('lift', 'dev');
  });

  test('that is cancelled while it hands over takes the new one away again', async () => {
    const before = await containers();
    await world.workspace.edit('src/start', (text) => text.replace('exec sleep 600 #', 'exec httpd'));
    await world.workspace.edit('gantry.yml', (text) =>
      text.replace('strategy: rolling', 'strategy: rolling, drain: { wait: 10m }'),
    );
    await world.done('build', '--trust');
    const child = world.start('deploy', 'dev', '--yes');
    await untilPrinted(child, 'to finish');
    expect(await names()).toEqual(['web-1', 'web-2']);
    expect((await world.environment('dev')).observed).toMatchObject({
      services: [{ name: 'web' }, { name: 'web' }],
    });
    const [run] = await world.history();
    await world.done('cancel', String(run?.id));
    await untilEnded(child);
    const [cancelled] = await world.history();
    expect(cancelled).toMatchObject({ state: 'cancelled' });
    expect(await containers()).toEqual(before);
  });

  test('that stays, and is cancelled when the old one was told to go, leaves the new one alone and says so', async () => {
    await world.workspace.edit('gantry.yml', (text) =>
      text
        .replace('drain: { wait: 10m }', 'drain: { command: ["true"], wait: 10m }')
        .replace(/^( +)(target: .*strategy: rolling)/m, '$1onFailure: stay\n$1$2'),
    );
    const child = world.start('deploy', 'dev', '--yes', '--trust');
    await untilPrinted(child, 'to finish');
    expect((await names()).length).toBe(2);
    const [run] = await world.history();
    await world.done('cancel', String(run?.id));
    await untilEnded(child);
    const [cancelled] = await world.history();
    expect(cancelled).toMatchObject({
      state: 'cancelled',
      summary: expect.stringMatching(/web-1-drained stopped; \S+web-2 of r-\w+ serves; dev runs web r-\w+ /),
    });
    expect(await names()).toEqual(['web-2']);
    const dev = await world.environment('dev');
    expect(dev.state?.release).toBe(run?.release);
    expect(dev.observed).toMatchObject({ services: [{ name: 'web', releaseLabel: run?.release }] });
    expect(dev.drift).toBeUndefined();
  });
});
