import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { promisify } from 'node:util';
import { baseImage } from '#test/engine/base-image.ts';
import type { TestEngine } from '#test/engine/for-tests.ts';
import { type Context, makeContext } from './fixture.ts';

/*
 * Two images with most of what can happen to files between them. What they hold is told by programs inside of
 * containers, where the engine itself has put their layers together.
 */

const dpkg = (curl: string) => `Package: libc6
Status: install ok installed
Version: 2.36-9

Package: curl
Status: install ok installed
Version: ${curl}
`;
const apk = (more: string) => `P:musl\nV:1.2.5-r9\n\n${more}`;

const files: Readonly<Record<string, string | Buffer>> = {
  Dockerfile: `FROM ${baseImage}
COPY common /common
RUN mkdir -p /work/deep/er /work/emptied /work/becomes-file /work/kept && cd /work \\
 && echo low > low && echo second > second && ln low hard && ln -s low soft && mkfifo pipe \\
 && echo x > deep/er/x && echo y > deep/y && echo in > emptied/in && echo in > becomes-file/in \\
 && echo f > becomes-folder && printf odd > "$(printf 'caf\\351')" && printf utf > café && chmod 4755 second
ARG SIDE
COPY \${SIDE} /
RUN sh /change.sh
WORKDIR /work
ENV SHARED=1 ONLY_\${SIDE}=secret-value
LABEL side=\${SIDE} org.opencontainers.image.base.name=docker.io/library/sample:1
EXPOSE 80
USER 1000
CMD ["run"]
`,
  'common/text': 'same on both sides\n',
  'common/large.bin': Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * at * 17 + at) % 253)),
  'left/change.sh': 'cd /work; echo changed by left > second; rm low; echo gone > /only-left',
  'left/app/main.js': 'console.log("left")\n',
  'left/app/same.js': 'console.log("same")\n',
  'left/app/node_modules/express/package.json': '{"name":"express","version":"4.18.2"}',
  'left/app/node_modules/left-pad/package.json': '{"name":"left-pad","version":"1.3.0"}',
  'left/usr/lib/python3/dist-packages/requests-2.31.0.dist-info/METADATA': 'Name: requests\n',
  'left/var/lib/dpkg/status': dpkg('7.88.1-10'),
  'left/lib/apk/db/installed': apk('P:zlib\nV:1.3.1-r2\n'),
  'left/etc/os-release': 'PRETTY_NAME="Sample Linux 1"\n',
  // The right side removes, empties, replaces, moves, links and changes nothing but the mode and the owner.
  'right/change.sh': `cd /work
rm -r deep && rm -r emptied && mkdir emptied && echo new > emptied/new
rm -r becomes-file && echo file > becomes-file
rm becomes-folder && mkdir becomes-folder && echo in > becomes-folder/in
chmod 600 second && chown 1000:1001 hard
rm soft && ln -s second soft && rm pipe && mkfifo -m 600 pipe
ln /common/text /work/linked && touch /common/large.bin
mv kept moved && : > empty-file && rm "$(printf 'caf\\351')" && printf odd > "$(printf 'caf\\352')"
`,
  'right/app/main.js': 'console.log("right, and longer")\n',
  'right/app/same.js': 'console.log("same")\n',
  'right/app/node_modules/express/package.json': '{"name":"express","version":"5.1.0"}',
  'right/app/node_modules/@scope/new/package.json': '{"name":"@scope/new","version":"1.0.0"}',
  'right/usr/lib/python3/dist-packages/requests-2.32.4.dist-info/METADATA': 'Name: requests\n',
  'right/var/lib/dpkg/status': dpkg('7.88.1-12'),
  'right/lib/apk/db/installed': apk(''),
  'right/etc/os-release': 'PRETTY_NAME="Sample Linux 2"\n',
};

export const makeContentsContext = (): Promise<Context> => makeContext(files);

export const packageChanges = [
  { manager: 'dpkg', name: 'curl', before: '7.88.1-10', after: '7.88.1-12' },
  { manager: 'npm', name: 'express', before: '4.18.2', after: '5.1.0' },
  { manager: 'pip', name: 'requests', before: '2.31.0', after: '2.32.4' },
  { manager: 'npm', name: '@scope/new', after: '1.0.0' },
  { manager: 'apk', name: 'zlib', before: '1.3.1-r2' },
  { manager: 'npm', name: 'left-pad', before: '1.3.0' },
];

/** The same engine at another socket, where it opens no connection to its builder: older ones do not, nor does Podman. */
export async function withoutBuilder(dockerHost: string, path: string): Promise<{ close(): void }> {
  const socketPath = dockerHost.replace('unix://', '');
  const server = createServer((asked, answer) => {
    const { method, url, headers } = asked;
    const passed = request({ socketPath, method, path: url, headers }, (told) => {
      answer.writeHead(told.statusCode ?? 500, told.headers);
      told.pipe(answer);
    });
    answer.on('close', () => passed.destroy());
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  server.on('upgrade', (_asked, socket) => socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n'));
  server.listen(path);
  await once(server, 'listening');
  return {
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const execute = promisify(execFile);

export function dockerOn({ dockerBin, env }: Pick<TestEngine, 'dockerBin' | 'env'>) {
  return async (...argv: readonly string[]) => {
    const options = {
      env: { ...process.env, ...env },
      encoding: 'latin1',
      maxBuffer: 64 * 1024 * 1024,
    } as const;
    return (await execute(dockerBin, [...argv], options)).stdout;
  };
}

export type TrueFile = {
  readonly stat: string;
  readonly size: number;
  readonly owner: string;
  readonly content: string;
};

/** Put into every container by the engine. */
const engines = /^(?:dev\/|proc\/|sys\/|\.dockerenv$|etc\/(?:hosts|hostname|resolv\.conf|mtab)$)/;

/** What stands in a container of the image, by path, in bytes written as Latin-1. Folders are left out. */
export async function trueFiles(
  docker: ReturnType<typeof dockerOn>,
  image: string,
): Promise<ReadonlyMap<string, TrueFile>> {
  const look = `cd /; find . -xdev ! -type d -print0 | xargs -0 stat -c '%f|%s|%u:%g|%n'
    echo ==; find . -xdev -type l -print0 | xargs -0 -n 1 sh -c 'printf "%s|%s\\n" "$(readlink "$0")" "$0"'
    echo ==; find . -xdev -type f -print0 | xargs -0 sha256sum`;
  const argv = ['run', '--rm', '--network', 'none', '--user', '0', '--entrypoint', 'sh', image, '-c', look];
  const [stats = '', links = '', sums = ''] = (await docker(...argv)).split('==\n');
  const contents = new Map<string, string>();
  for (const [, to = '', path = ''] of links.matchAll(/^(.*)\|\.\/(.*)$/gm)) contents.set(path, to);
  for (const [, sum = '', path = ''] of sums.matchAll(/^(\w+) {2}\.\/(.*)$/gm)) contents.set(path, sum);
  const found = new Map<string, TrueFile>();
  for (const [, stat = '', size = '', owner = '', path = ''] of stats.matchAll(
    /^(\w+)\|(\d+)\|(\d+:\d+)\|\.\/(.*)$/gm,
  )) {
    if (!engines.test(path))
      found.set(path, { stat, size: Number(size), owner, content: contents.get(path) ?? '' });
  }
  return found;
}

type Change = {
  readonly kind: string;
  readonly path: string;
  readonly before?: number;
  readonly after?: number;
  readonly what: readonly string[];
};

/** What a person would say who has both listings side by side. */
export function trueChanges(
  left: ReadonlyMap<string, TrueFile>,
  right: ReadonlyMap<string, TrueFile>,
): readonly Change[] {
  const changes: Change[] = [];
  for (const path of new Set([...left.keys(), ...right.keys()])) {
    const [before, after] = [left.get(path), right.get(path)];
    const sizes = {
      ...(before === undefined ? {} : { before: sizeOf(before) }),
      ...(after === undefined ? {} : { after: sizeOf(after) }),
    };
    const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
    const what = before === undefined || after === undefined ? [] : whatChanged(before, after);
    if (kind !== 'changed' || what.length > 0) changes.push({ kind, path: shownLatin(path), ...sizes, what });
  }
  return changes.sort(byPath);
}

export function byPath(one: { readonly path: string }, other: { readonly path: string }): number {
  return one.path < other.path ? -1 : 1;
}

const typeOf = ({ stat }: TrueFile) => Number.parseInt(stat, 16) & 0o170000;
const symlink = 0o120000;
const regular = 0o100000;

/** The system counts the letters of a link's target. */
function sizeOf(file: TrueFile): number {
  return typeOf(file) === regular ? file.size : 0;
}

function whatChanged(before: TrueFile, after: TrueFile): string[] {
  if (typeOf(before) !== typeOf(after)) return ['type'];
  return [
    ...(before.content === after.content ? [] : ['content']),
    ...(before.stat === after.stat || typeOf(after) === symlink ? [] : ['mode']),
    ...(before.owner === after.owner ? [] : ['owner']),
  ];
}

/** Bytes as a person is shown them. */
function shownLatin(path: string): string {
  const bytes = Buffer.from(path, 'latin1');
  const text = bytes.toString('utf8');
  if (Buffer.from(text).equals(bytes)) return text;
  return path.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}
