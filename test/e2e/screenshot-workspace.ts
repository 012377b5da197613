import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createChatbotWorkspace } from '#test/chatbot-workspace.ts';
import { run } from '#test/engine/process.ts';

/** The example as pictures show it: names that a person would choose, and commits by two people. */
export type ScreenshotWorkspace = {
  readonly folder: string;
  readonly home: string;
  readonly name: string;
  edit(file: string, change: (text: string) => string): Promise<void>;
  commit(message: string, by: Author, minutesAgo: number): Promise<void>;
  tag(name: string): Promise<void>;
  /** Starts a program as a user called mo, whoever runs this: whoever acts is shown on most pages. */
  readonly asMo: readonly string[];
  remove(): Promise<void>;
};

export type Author = keyof typeof authors;

const authors = {
  mo: ['Mo Adler', 'mo@example.com'],
  jl: ['Jo Lindqvist', 'jo@example.com'],
} as const;

export async function createScreenshotWorkspace(): Promise<ScreenshotWorkspace> {
  const workspace = await createChatbotWorkspace('gantry-shots');
  const { folder, home, name, edit } = workspace;
  const git = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { code, stderr } = await run('git', args, {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', ...env },
    });
    if (code !== 0) throw new Error(`git ${args[0]}: ${stderr}`);
  };
  const commit = async (args: readonly string[], by: Author, minutesAgo: number) => {
    const [author, email] = authors[by];
    const date = new Date(Date.now() - minutesAgo * 60_000).toISOString();
    await git(['commit', '--quiet', '--all', ...args], {
      GIT_AUTHOR_NAME: author,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: author,
      GIT_COMMITTER_EMAIL: email,
      GIT_COMMITTER_DATE: date,
    });
  };
  const unnamed = (text: string) => text.replaceAll(name, 'chatbot');
  await edit('gantry.yml', (text) =>
    unnamed(text).replace(
      /health: \{ http: \/healthz, deadline: 1m \}(\n +confirm: typed)/,
      'health: { http: /healthz, deadline: 1m, watch: { for: 20s, interval: 250ms } }$1',
    ),
  );
  await edit('compose.yml', unnamed);
  for (const [at, environment] of (['dev', 'staging', 'prod'] as const).entries()) {
    await edit(`.env.${environment}`, (text) => text.replace(/^PORT=.*$/m, `PORT=${8181 + at}`));
  }
  // Compiling takes a moment in the image, so that there is something to see while it builds.
  const slowly = 'for part in start healthcheck selftest lib www; do echo "checking $part"; sleep 1; done';
  await edit('build.sh', (text) =>
    text.replace('mkdir -p', `if [ "$1" = /var/cache/chatbot ]; then ${slowly}; fi\nmkdir -p`),
  );
  await commit(
    ['--amend', '--reset-author', '--message', 'feat: a chatbot that answers by rules'],
    'mo',
    26 * 60,
  );
  await git(['tag', '--force', 'v1.0.0']);
  const passwd = join(home, 'passwd');
  await writeFile(passwd, 'mo:x:0:0:Mo:/root:/bin/sh\n');
  return {
    folder,
    home,
    name: 'chatbot',
    edit,
    commit: (message, by, minutesAgo) => commit(['--message', message], by, minutesAgo),
    tag: (tag) => git(['tag', tag]),
    asMo: ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/passwd && exec "$@"', passwd],
    remove: () => workspace.remove(),
  };
}

/** Adds a line to a file of the workspace. */
export function addLine(workspace: ScreenshotWorkspace, file: string, line: string): Promise<void> {
  return appendFile(join(workspace.folder, file), `${line}\n`);
}
