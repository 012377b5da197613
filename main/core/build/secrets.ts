import type { BuildConfig } from '#shared/domain/build-config.ts';
import { GantryError, type Problem } from '#shared/domain/errors.ts';
import type { Ports } from '../context.ts';
import type { BuildSpec, Redactor } from '../ports.ts';

type Asked = { readonly setting: string; readonly resolve: () => Promise<void> };

/**
 * Everything that only this machine has and the build's steps may use. The redactor knows every value before anything
 * is sent. Throws `secret-unresolved` naming all that cannot be had, never a value.
 */
export async function resolveSecrets(
  ports: Pick<Ports, 'secrets'>,
  build: Pick<BuildConfig, 'secrets' | 'ssh'>,
  folder: string,
  redactor: Redactor,
): Promise<Pick<BuildSpec, 'secrets' | 'ssh'>> {
  const secrets: Record<string, Uint8Array> = {};
  const ssh: { id: string; socket: string }[] = [];
  const asked: Asked[] = [
    ...Object.entries(build.secrets).map(([id, source]) => ({
      setting: `build.secrets.${id}`,
      resolve: async () => {
        const bytes = await ports.secrets.readBuildSecret(source, folder);
        redactor.learn(textsOf(bytes));
        secrets[id] = bytes;
      },
    })),
    ...Object.entries(build.ssh).map(([id, written]) => ({
      setting: `build.ssh.${id}`,
      resolve: async () => {
        ssh.push({ id, socket: await ports.secrets.sshAgent(written, folder) });
      },
    })),
  ];
  const problems: Problem[] = [];
  for (const { setting, resolve } of asked) {
    const problem = await problemOf(setting, resolve);
    if (problem !== undefined) problems.push(problem);
  }
  if (problems.length > 0) throw unresolved(problems);
  return { secrets, ssh };
}

async function problemOf(setting: string, resolve: () => Promise<void>): Promise<Problem | undefined> {
  try {
    await resolve();
    return undefined;
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return { file: 'gantry.yml', path: setting, what: error.message, hint: error.hint };
  }
}

function unresolved(problems: readonly Problem[]): GantryError {
  const [first] = problems;
  const names = problems.map(({ path }) => path).join(', ');
  return problems.length === 1 && first !== undefined
    ? new GantryError('secret-unresolved', `${first.path}: ${first.what}`, first.hint)
    : new GantryError(
        'secret-unresolved',
        `${problems.length} things that the build needs cannot be had: ${names}.`,
        problems.map(({ path, what }) => `${path}: ${what}`).join(' '),
        { problems },
      );
}

/** As it may turn up in output: what is no text, a program would print encoded. */
function textsOf(bytes: Uint8Array): readonly string[] {
  const buffer = Buffer.from(bytes);
  const text = buffer.toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(buffer);
  return isText ? [text] : [text, buffer.toString('base64'), buffer.toString('hex')];
}
