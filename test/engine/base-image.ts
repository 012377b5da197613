import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { GantryError } from '#shared/domain/errors.ts';
import { lastWords, run } from './process.ts';

/** A name of its own: a person's `busybox:latest` is never touched, and no registry has this one. */
export const baseImage = 'gantry-test-base:1';

/** Marks what the tests put on an engine that is not theirs. */
const ownLabel = 'dev.gantry.test=1';

/** The base where images can be pulled: what the example's Dockerfile uses by default too. */
const publicBase = 'busybox:1.37.0';

const folders = [
  'bin',
  'etc',
  'root',
  'home',
  'var',
  'var/log',
  'run',
  'usr',
  'usr/local',
  'usr/local/bin',
  'srv',
  'app',
];

const files: Readonly<Record<string, string>> = {
  'etc/passwd':
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\napp:x:1000:1000:app:/app:/bin/sh\n',
  'etc/group': 'root:x:0:\nnogroup:x:65534:\napp:x:1000:\n',
  'etc/os-release': 'ID=gantry-test-base\nNAME="Gantry test base"\nVERSION_ID=1\n',
};

const links: Readonly<Record<string, string>> = { sbin: 'bin', 'usr/bin': '../bin', 'usr/sbin': '../bin' };

/** One time for every entry, so that the layer is the same bytes on every run. */
const mtime = new Date(0);

function fill(tar: Pack, busybox: Buffer, applets: readonly string[]): void {
  for (const name of folders) tar.entry({ name, type: 'directory', mode: 0o755, mtime });
  for (const name of ['tmp', 'var/tmp']) tar.entry({ name, type: 'directory', mode: 0o1777, mtime });
  for (const [name, text] of Object.entries(files)) tar.entry({ name, mode: 0o644, mtime }, text);
  for (const [name, linkname] of Object.entries(links)) tar.entry({ name, type: 'symlink', linkname, mtime });
  tar.entry({ name: 'bin/busybox', mode: 0o755, mtime }, busybox);
  for (const applet of applets) {
    tar.entry({ name: `bin/${applet}`, type: 'symlink', linkname: 'busybox', mtime });
  }
  tar.finalize();
}

type Client = {
  readonly docker: string;
  readonly env: Readonly<Record<string, string>>;
};

async function hasBase({ docker, env }: Client): Promise<boolean> {
  return (await run(docker, ['image', 'inspect', baseImage], { env })).code === 0;
}

function noBase(said: string): GantryError {
  return new GantryError(
    'engine-refused',
    `The base image ${baseImage} could not be made: ${said}.`,
    `See that the engine has free disk space, or make it yourself: docker tag ${publicBase} ${baseImage}.`,
  );
}

/** Makes the base from busybox-static, with every applet linked in: nothing can be pulled on a closed network. */
export async function importBaseImage(client: Client, busybox: string): Promise<void> {
  if (await hasBase(client)) return;
  const listed = await run(busybox, ['--list']);
  const applets = listed.stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
  const tar = pack();
  fill(tar, await readFile(busybox), applets);
  const input = new PassThrough();
  const fed = pipeline(tar, input);
  const changes = ['CMD ["sh"]', 'ENV PATH=/usr/local/bin:/usr/bin:/bin', `LABEL ${ownLabel}`].flatMap(
    (change) => ['--change', change],
  );
  const done = await run(client.docker, ['import', ...changes, '-', baseImage], { env: client.env, input });
  if (done.code !== 0) throw noBase(lastWords(done.stderr));
  await fed;
  await useBase(client);
}

/**
 * Two builds at a time that are the first ever to use an image make it known to BuildKit twice (Docker 28), and builds of
 * the same files then find sometimes the one and sometimes the other: the same layers in images of other ids.
 */
async function useBase({ docker, env }: Client): Promise<void> {
  const argv = ['buildx', 'build', '--output', 'type=cacheonly', '-'];
  const done = await run(docker, argv, { env, input: PassThrough.from([`FROM ${baseImage}\nRUN true\n`]) });
  if (done.code !== 0) throw noBase(lastWords(done.stderr));
}

/** The same name on an engine that is not ours, made from the public busybox and carrying our label. */
export async function buildBaseImage(client: Client): Promise<void> {
  if (await hasBase(client)) return;
  const dockerfile = PassThrough.from([`FROM ${publicBase}\nLABEL ${ownLabel}\n`]);
  const done = await run(client.docker, ['build', '-t', baseImage, '-'], {
    env: client.env,
    input: dockerfile,
  });
  if (done.code !== 0) throw noBase(lastWords(done.stderr));
}
