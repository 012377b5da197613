import type { Environment } from '#shared/domain/workspace-config.ts';
import type { Ports } from '../context.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import { createMeaning, normal } from './paths.ts';

/** Of the changed paths (absolute), those that start a round; below the workspace folder, with slashes. */
export async function sift(
  ports: Pick<Ports, 'git' | 'engine'>,
  { folder, config }: OpenWorkspace,
  environment: Pick<Environment, 'envFile' | 'target'> | undefined,
  changed: readonly string[],
): Promise<readonly string[]> {
  const meaning = createMeaning(config, environment);
  const paths = [...new Set(changed.flatMap((path) => below(folder, path) ?? []))];
  const open = paths.filter((path) => /^if-/.test(meaning(path)));
  const ignored = await ports.git.ignored(folder, open);
  const unsure = open.filter((path) => meaning(path) === 'if-built' && !ignored.has(path));
  const built = new Set(await inImage(ports, { folder, config }, unsure));
  return paths.filter((path) => {
    const kind = meaning(path);
    if (kind === 'if-built') return built.has(path);
    return kind === 'always' || (kind === 'if-not-ignored' && !ignored.has(path));
  });
}

async function inImage(
  { engine }: Pick<Ports, 'engine'>,
  { folder, config: { build } }: Pick<OpenWorkspace, 'folder' | 'config'>,
  paths: readonly string[],
): Promise<readonly string[]> {
  const context = normal(build.context);
  const prefix = context === '.' ? '' : `${context}/`;
  const inContext = paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
  const sent = await engine.sentOf(`${folder}/${context}`, build.dockerfile, inContext);
  const others = Object.values(build.contexts).map((other) => `${normal(other)}/`);
  return [
    ...sent.map((path) => `${prefix}${path}`),
    ...paths.filter((path) => others.some((other) => path.startsWith(other))),
  ];
}

/** `undefined` for the folder itself and what lies outside. */
function below(folder: string, path: string): string | undefined {
  const [top, whole] = [folder, path].map((text) => text.replaceAll('\\', '/'));
  return whole?.startsWith(`${top}/`) ? whole.slice(`${top}/`.length) : undefined;
}
