// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a compose file
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ComposeFixture, createComposeFixture, type Release } from './compose-fixture.ts';

let at: ComposeFixture;
let first: Release;
let second: Release;

const composeFile = [
  'services:',
  '  web:',
  '    build: .',
  '    init: true',
  '    ports: ["127.0.0.1::8080"]',
  '    environment:',
  '      OWN: fixed',
  '      GREETING: ${GREETING:-none}',
  '',
].join('\n');

beforeAll(async () => {
  at = createComposeFixture();
  at.write({
    'compose.yml': composeFile,
    '.env': 'GREETING=stray\nSTRAY=1\n',
    '.env.dev': 'GREETING=file\nOLD=1\n',
  });
  first = await at.release('one');
  second = await at.release('two');
});

afterAll(() => at.dispose());

const envOf = async (environment = 'dev'): Promise<Record<string, string>> => {
  // Docker's own format of the container's environment.
  const lines = JSON.parse(await at.inspect('{{json .Config.Env}}', environment)) as string[];
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
};

describe('a deploy with Compose', () => {
  it('runs exactly the image, healthy, and says what it saw', async () => {
    const done = await at.deploy(first, { env: { GREETING: 'hi' } });
    expect(done.end).toMatchObject({
      outcome: 'succeeded',
      detail: `web verified as ${first.imageId.slice(7, 19)}`,
    });
    expect(await at.inspect('{{.Image}}')).toBe(first.imageId);
    expect(await at.observe()).toMatchObject({
      kind: 'running',
      services: [
        {
          name: 'web',
          imageId: first.imageId,
          imageRef: first.ref,
          releaseLabel: first.id,
          envLabel: 'f1',
          health: 'unknown',
          state: 'running',
          ports: [expect.stringMatching(/^127\.0\.0\.1:\d+->8080\/tcp$/)],
        },
      ],
      settings: { 'web.image': first.ref },
    });
  });

  it('is left alone by the same deploy again, and replaced by another env or release', async () => {
    const env = { GREETING: 'again' };
    const idAfter = async (release: Release, values: Record<string, string>) => {
      await at.deploy(release, { env: values });
      return at.inspect('{{.Id}}');
    };
    const id = await idAfter(first, env);
    expect(await idAfter(first, env)).toBe(id);
    const withOtherEnv = await idAfter(first, { GREETING: 'changed' });
    expect(withOtherEnv).not.toBe(id);
    expect(await idAfter(second, { GREETING: 'changed' })).not.toBe(withOtherEnv);
    expect(await at.inspect('{{.Image}}')).toBe(second.imageId);
    await idAfter(first, env);
    expect(await at.inspect('{{.Image}}')).toBe(first.imageId);
  });

  it('runs the release even where its tag was moved to another image, or removed', async () => {
    await at.docker('tag', second.imageId, first.ref);
    expect((await at.deploy(first)).end.outcome).toBe('succeeded');
    expect(await at.inspect('{{.Image}}')).toBe(first.imageId);
    await at.docker('tag', first.imageId, `${at.name}:kept`);
    await at.docker('rmi', first.ref);
    expect((await at.deploy(first)).end.outcome).toBe('succeeded');
    expect(await at.inspect('{{.Config.Image}} {{.Image}}')).toBe(`${first.ref} ${first.imageId}`);
  });

  it('keeps environments apart', async () => {
    await at.deploy(first, { environment: 'dev' });
    await at.deploy(second, { environment: 'prod' });
    expect(await at.inspect('{{.Image}}', 'dev')).toBe(first.imageId);
    expect(await at.inspect('{{.Image}}', 'prod')).toBe(second.imageId);
  });
});

describe('the env of a deploy', () => {
  const env = {
    GREETING: 'a $b ${c} "q" \'s\' \\n #x',
    LINES: 'a\nb\n',
    OWN: 'from the env file',
    YES: 'yes',
    EMPTY: '',
    COMPOSE_PROJECT_NAME: 'elsewhere',
    DOCKER_HOST: 'tcp://127.0.0.1:1',
    TOKEN: 's3cret-value',
  };

  it('arrives as it is, below what the file sets itself', async () => {
    const done = await at.deploy(first, { env });
    expect(done.end.outcome).toBe('succeeded');
    expect(await envOf()).toMatchObject({ ...env, OWN: 'fixed' });
  });

  it('is all there is: nothing of this process, of .env or of the workspace’s env file', async () => {
    await at.deploy(first, { env: { ONLY: '1' } });
    const keys = Object.keys(await envOf());
    expect(keys.filter((key) => key !== 'PATH').sort()).toEqual(['GREETING', 'ONLY', 'OWN']);
    expect((await envOf()).GREETING).toBe('none');
  });

  it('is in no argument and in no file', async () => {
    const before = readdirSync(at.folder).sort();
    at.commandsRun.length = 0;
    await at.deploy(first, { env });
    expect(at.commandsRun.length).toBeGreaterThan(0);
    for (const { argv } of at.commandsRun) expect(argv.join('\n')).not.toContain('s3cret-value');
    expect(readdirSync(at.folder).sort()).toEqual(before);
    expect(readFileSync(join(at.folder, 'compose.yml'), 'utf8')).toBe(composeFile);
  });

  it('never appears in what the steps say', async () => {
    const done = await at.deploy(first, { env });
    expect(JSON.stringify(done.outputs)).not.toContain('s3cret-value');
    expect(done.text).toContain('COMPOSE_PROJECT_NAME, DOCKER_HOST: set in the containers, but not used for');
  });

  it('takes the place of the workspace’s env file in env_file, and of nothing else', async () => {
    at.write({
      'files.yml': composeFile.replace(
        '    init: true',
        '    init: true\n    env_file:\n      - .env.${STAGE:-dev}\n      - common.env\n      - later.env\n      - { path: gone.env, required: false }',
      ),
      'common.env': 'COMMON=1\n',
      'later.env': '# a comment\nexport LATER = "theirs"\n',
    });
    const env = { NEW: '1', LATER: 'ours', GREETING: 'for the file' };
    const done = await at.deploy(first, { env, config: { file: 'files.yml' } });
    // Compose takes the later of two.
    expect(await envOf()).toMatchObject({ LATER: 'theirs' });
    expect(done.text).toContain('restored by no rollback: web: common.env, web: later.env, web: gone.env');
    const values = await envOf();
    expect(values).toMatchObject({ NEW: '1', COMMON: '1', OWN: 'fixed' });
    expect(values).not.toHaveProperty('OLD');
  });
});

describe('the compose file', () => {
  it('may be several, in another folder, with relative paths of its own', async () => {
    at.write({
      'deploy/base.yml':
        'services:\n  web:\n    build: ..\n    volumes: ["./data:/data:ro"]\n    ports: ["127.0.0.1::8080"]\n',
      'deploy/more.yml': 'services:\n  web:\n    environment: { MORE: "1" }\n',
      'deploy/data/x': 'x',
    });
    const config = { file: ['deploy/base.yml', 'deploy/more.yml'] };
    const done = await at.deploy(first, { environment: 'multi', config });
    expect(done.end.outcome).toBe('succeeded');
    expect(await at.docker('exec', `${at.name}-multi-web-1`, 'cat', '/data/x')).toBe('x');
    expect(await envOf('multi')).toMatchObject({ MORE: '1' });
  });

  it('may have services of other images, one-shots, replicas and a profile', async () => {
    at.write({
      'many.yml': [
        'services:',
        `  web: { image: "${at.name}:latest", ports: ["127.0.0.1::8080"], deploy: { replicas: 2 } }`,
        `  migrate: { image: "${at.name}", command: ["true"] }`,
        `  side: { image: "${second.ref}", pull_policy: never, labels: { a: b } }`,
        '  tool: { image: nowhere/tool, profiles: [debug] }',
        '',
      ].join('\n'),
    });
    // Named, because `side` has the workspace's image name as well.
    const config = { file: 'many.yml', services: ['web', 'migrate'] };
    const done = await at.deploy(first, { environment: 'many', config });
    expect(done.end).toMatchObject({
      outcome: 'succeeded',
      detail: `web verified as ${first.imageId.slice(7, 19)}`,
    });
    expect(await at.observe({ environment: 'many' })).toMatchObject({
      services: [
        {
          name: 'migrate',
          imageId: first.imageId,
          releaseLabel: first.id,
          state: 'exited (0)',
          health: 'stopped',
        },
        { name: 'side', imageId: second.imageId, state: 'running' },
        { name: 'web', imageId: first.imageId, releaseLabel: first.id, state: 'running' },
      ],
    });
  });

  it('may have jobs, which are done once they ended with 0, and services of a profile that is asked for', async () => {
    const other = `image: "${first.ref}", pull_policy: never, init: true`;
    at.write({
      'jobs.yml': [
        'services:',
        '  web: { build: ., init: true, ports: ["127.0.0.1::8080"] }',
        '  migrate: { build: ., command: [sh, -c, "sleep 1"] }',
        `  tool: { ${other}, profiles: [debug], command: [sleep, "100"] }`,
        `  other: { ${other}, profiles: [never] }`,
        '',
      ].join('\n'),
    });
    const config = { file: 'jobs.yml', oneShots: ['migrate'], profiles: ['debug'] };
    const done = await at.deploy(first, { environment: 'jobs', config });
    expect(done.end).toMatchObject({
      outcome: 'succeeded',
      detail: expect.stringMatching(/^migrate, tool, web verified/),
    });
    expect(done.text).toContain('migrate at work');
    expect(await at.observe({ environment: 'jobs' })).toMatchObject({
      services: [
        { name: 'migrate', state: 'exited (0)', health: 'healthy' },
        { name: 'tool', state: 'running' },
        { name: 'web', state: 'running' },
      ],
    });
    const unknown = { config: { ...config, oneShots: ['nope'] } };
    expect(await at.check(unknown)).toEqual([
      expect.objectContaining({
        message: 'The compose file has no service nope (services: migrate, other, tool, web).',
      }),
    ]);
  });

  it('that loses a service loses its container too', async () => {
    at.write({
      'two.yml': `services:\n  web: { build: ., ports: ["127.0.0.1::8080"] }\n  old: { image: "${first.ref}", pull_policy: never, stop_grace_period: 0s }\n`,
    });
    at.write({ 'one.yml': 'services:\n  web: { build: ., ports: ["127.0.0.1::8080"] }\n' });
    await at.deploy(first, { environment: 'orphan', config: { file: 'two.yml', services: ['web'] } });
    await at.deploy(first, { environment: 'orphan', config: { file: 'one.yml' } });
    expect(await at.observe({ environment: 'orphan' })).toMatchObject({ services: [{ name: 'web' }] });
  });
});
