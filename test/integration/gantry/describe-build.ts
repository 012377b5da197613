import { baseImage } from '#test/engine/base-image.ts';
import type { GantryWorld } from '#test/gantry-process.ts';

/** gantry.yml, Dockerfile and .dockerignore as these tests need them, in place of the example's. */
export async function describeBuild(
  world: GantryWorld,
  config: string,
  dockerfile: readonly string[],
): Promise<void> {
  const { name, edit } = world.workspace;
  const environments = /^environments:/m.test(config) ? '' : 'environments: { dev: {} }\n';
  await edit(
    'gantry.yml',
    () => `name: ${name}\nimage: ${name}\n${config}\n${environments}# ${Math.random()}\n`,
  );
  await edit('.dockerignore', () => `.git\n# ${Math.random()}\n`);
  await edit('Dockerfile', () => `FROM ${baseImage}\n${dockerfile.join('\n')}\n# ${Math.random()}\n`);
}

export async function releaseRef(world: GantryWorld): Promise<string> {
  const [build] = await world.history();
  return `${world.workspace.name}:${build?.release}`;
}
