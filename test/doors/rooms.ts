/**
 * The rooms of the house and the doors between them. A file belongs to the first room whose place it is under.
 * Every import counts: values, types, re-exports, dynamic imports and worker files.
 */
export type Room = {
  readonly name: string;
  /** Folders (ending in a slash) and single files, from the top of the repository. */
  readonly places: readonly string[];
  /** Other rooms that this one may import. */
  readonly opensTo: readonly string[] | 'every room';
  /** npm packages by name, or every one that is not reserved below. */
  readonly packages: readonly string[] | 'any';
  /** Node's own modules, without `node:`. */
  readonly node: readonly string[] | 'any';
  /** Files of the room that do not import each other. */
  readonly apart?: RegExp;
  /** The folders inside the room are rooms of their own, entered only through their index. */
  readonly byIndex?: true;
};

const uiPackages = [
  'react',
  'react-dom',
  'zustand',
  'radix-ui',
  'cmdk',
  'lucide-react',
  '@tanstack/react-virtual',
  '@orpc/client',
  '@orpc/contract',
  'zod',
];

/** What main's adapters may know: what the core asks of them, and the words. */
const adapter = (name: string, ...places: readonly string[]): Room => ({
  name: `main/${name}`,
  places: places.length > 0 ? places : [`main/${name}/`],
  opensTo: ['main/core/ports', 'shared'],
  packages: 'any',
  node: 'any',
});

const adapters = ['workspace', 'docker', 'git', 'targets', 'ledger', 'notify', 'secrets', 'host'].map(
  (name) => adapter(name),
);

const shell = (name: string, ...alsoTo: readonly string[]): Room => ({
  name: `main/shell/${name}`,
  places: [`main/shell/${name}/`],
  opensTo: ['main/create-gantry', 'main/shell', 'main/core/ports', 'shared', 'package.json', ...alsoTo],
  packages: 'any',
  node: 'any',
});

const rendererRoom = (
  name: string,
  opensTo: readonly string[],
  within: Pick<Room, 'apart' | 'byIndex'> = {},
): Room => ({
  name: `renderer/${name}`,
  places: [`renderer/${name}/`],
  opensTo,
  packages: uiPackages,
  node: [],
  ...within,
});

const rendererRooms = [
  rendererRoom('ui', ['shared']),
  rendererRoom('transport', ['shared']),
  rendererRoom('stores', ['renderer/transport', 'shared'], { apart: /-store\.tsx?$/ }),
  rendererRoom('features', ['renderer/ui', 'renderer/stores', 'renderer/transport', 'shared'], {
    byIndex: true,
  }),
];

export const rooms: readonly Room[] = [
  { name: 'shared', places: ['shared/'], opensTo: [], packages: ['zod', '@orpc/contract'], node: [] },
  {
    name: 'main/core/ports',
    places: ['main/core/ports.ts', 'main/core/ports/'],
    opensTo: ['shared'],
    packages: ['zod'],
    node: [],
  },
  {
    name: 'main/core',
    places: ['main/core/'],
    opensTo: ['main/core/ports', 'shared'],
    packages: ['zod', '@orpc/server'],
    // Computation only: files, processes, sockets and the clock come in through the ports.
    node: ['crypto', 'path', 'path/posix', 'util', 'events', 'assert', 'buffer', 'async_hooks'],
  },
  ...adapters,
  // The contract, answered by the core.
  {
    name: 'main/api',
    places: ['main/api/'],
    opensTo: ['main/core', 'main/core/ports', 'shared'],
    packages: ['zod', '@orpc/server'],
    node: [],
  },
  {
    name: 'main/create-gantry',
    places: ['main/create-gantry.ts', 'main/create-gantry/'],
    opensTo: ['main/api', 'main/core', 'main/core/ports', ...adapters.map((room) => room.name), 'shared'],
    packages: 'any',
    node: 'any',
  },
  shell('desktop'),
  shell('server'),
  // `gantry serve` starts the server shell: the same program by another command.
  shell('cli', 'main/shell/server'),
  {
    name: 'main/shell',
    places: ['main/shell/'],
    opensTo: ['main/create-gantry', 'main/core/ports', 'shared', 'package.json'],
    packages: 'any',
    node: 'any',
  },
  // Gantry's own version.
  { name: 'package.json', places: ['package.json'], opensTo: [], packages: [], node: [] },
  ...rendererRooms,
  {
    name: 'renderer',
    places: ['renderer/'],
    opensTo: [...rendererRooms.map((room) => room.name), 'shared'],
    packages: uiPackages,
    node: [],
  },
  // Bundles what the rooms are; imports none of them.
  {
    name: 'build',
    places: ['build/'],
    opensTo: [],
    packages: ['docker-modem', 'rolldown', 'vite'],
    node: 'any',
  },
  { name: 'test', places: ['test/'], opensTo: 'every room', packages: 'any', node: 'any' },
  // An example is a workspace of its own and knows nothing of Gantry.
  { name: 'examples', places: ['examples/'], opensTo: [], packages: [], node: 'any' },
];

/** They load what was bundled of files whose imports are followed, and a package's file that it does not export. */
export const loaders: readonly string[] = [
  'main/shell/cli/compiled-program.ts',
  'build/stand-ins/sqlite-binding.js',
];

/** Packages that only the room which adapts them may name, types included. */
export const reserved: Readonly<Record<string, readonly string[]>> = {
  electron: ['main/shell/desktop'],
  dockerode: ['main/docker'],
  // Bundled in parts: build/stand-ins/.
  'docker-modem': ['main/docker', 'build'],
  'tar-stream': ['main/docker'],
  '@balena/dockerignore': ['main/docker'],
  '@bufbuild/protobuf': ['main/docker'],
  saxes: ['main/workspace'],
  'better-sqlite3': ['main/ledger'],
  ws: ['main/shell/server'],
  commander: ['main/shell/cli'],
  'google-auth-library': ['main/secrets'],
};

/** The configuration files at the top of the repository import what they configure; no room imports them. */
export const ground: Room = {
  name: 'the ground',
  places: [],
  opensTo: 'every room',
  packages: 'any',
  node: 'any',
};
