import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { baseImage } from '#test/engine/base-image.ts';
import { run } from '#test/engine/process.ts';

export const environments = ['dev', 'staging', 'prod'] as const;
export type EnvironmentInChatbot = (typeof environments)[number];

export type ChatbotWorkspace = {
  readonly folder: string;
  /** A GANTRY_HOME of its own: no person's ledger is touched. */
  readonly home: string;
  /** Of compose projects and images, unlike anybody's own. */
  readonly name: string;
  readonly ports: Readonly<Record<EnvironmentInChatbot, number>>;
  /** Changes a line of the program, commits it and tags the commit as the next version. */
  changeALine(): Promise<void>;
  /** Changes a file in the workspace; throws when the change does nothing. */
  edit(file: string, change: (text: string) => string): Promise<void>;
  remove(): Promise<void>;
};

const example = fileURLToPath(new URL('../examples/chatbot', import.meta.url));

/** A copy of examples/chatbot in a temporary folder, as a git repository with one commit. */
export async function createChatbotWorkspace(prefix: string): Promise<ChatbotWorkspace> {
  const root = await mkdtemp(join(tmpdir(), `${prefix}-`));
  const folder = join(root, 'chatbot');
  const name = `${prefix}-${root.slice(-6).toLowerCase()}`;
  await cp(example, folder, { recursive: true });
  await mkdir(join(root, 'home'));
  const ports = { dev: await freePort(), staging: await freePort(), prod: await freePort() };
  await edit(join(folder, 'gantry.yml'), (text) =>
    text
      .replace(/^name: .*$/m, `name: ${name}`)
      .replace(/^image: .*$/m, `image: ${name}`)
      .replace(/^( +BASE: ).*$/m, `$1${baseImage}`),
  );
  await edit(join(folder, 'compose.yml'), (text) => text.replace(/^( +image: ).*$/m, `$1${name}`));
  for (const environment of environments) {
    await edit(join(folder, `.env.${environment}`), (text) =>
      text.replace(/^PORT=.*$/m, `PORT=${ports[environment]}`),
    );
  }
  await git(folder, 'init', '--quiet', '--initial-branch=main');
  await commitAll(folder, 'feat: a chatbot that answers by rules');
  await git(folder, 'tag', 'v1.0.0');
  return {
    folder,
    home: join(root, 'home'),
    name,
    ports,
    async changeALine() {
      await edit(join(folder, 'rules', 'replies.txt'), (text) =>
        text.replace('Fair winds!', 'Fair winds, and come back soon!'),
      );
      await commitAll(folder, 'fix: say goodbye more warmly');
      await git(folder, 'tag', 'v1.0.1');
    },
    edit: (file, change) => edit(join(folder, file), change),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(file, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`${file} is not what is expected: nothing in it changed`);
  await writeFile(file, after);
}

async function commitAll(folder: string, message: string): Promise<void> {
  await git(folder, 'add', '--all');
  await git(folder, 'commit', '--quiet', '--message', message);
}

async function git(folder: string, ...args: readonly string[]): Promise<void> {
  const identity = [
    '-c',
    'user.name=Gantry demo',
    '-c',
    'user.email=demo@localhost',
    '-c',
    'commit.gpgSign=false',
  ];
  const { code, stderr } = await run('git', [...identity, ...args], { cwd: folder });
  if (code !== 0) throw new Error(`git ${args[0]} failed: ${stderr.trim()}`);
}

/** Free at this moment; another program may still be quicker, which the deploy would then report. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
