import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { cycles } from './cycles.ts';
import { type FoundImport, importsOf, isHidden } from './imports.ts';
import { ground, loaders, type Room, reserved, rooms } from './rooms.ts';

export type SourceFile = { readonly path: string; readonly text: string };

export type Violation = { readonly file: string; readonly line: number; readonly what: string };

export type Checked = {
  readonly files: number;
  readonly imports: number;
  readonly violations: readonly Violation[];
};

const builtins = new Set(builtinModules);

/** `@scope/name/deep` -> `@scope/name`. */
function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function roomOf(path: string): Room | undefined {
  const isUnder = (place: string) => (place.endsWith('/') ? path.startsWith(place) : path === place);
  return rooms.find((room) => room.places.some(isUnder)) ?? (path.includes('/') ? undefined : ground);
}

/** The path that a relative or `#` specifier names, from the top of the repository. */
function inTree(from: string, specifier: string): string | undefined {
  const bare = specifier.replace(/\?.*$/, '');
  if (bare.startsWith('#')) return posix.normalize(bare.slice(1));
  if (bare.startsWith('.')) return posix.normalize(posix.join(posix.dirname(from), bare));
  return undefined;
}

/** The folder directly inside the room that a path lies in: `renderer/features/board/row.tsx` -> `board`. */
function folderIn(room: Room, path: string): string {
  const place = room.places.find((one) => path.startsWith(one)) ?? '';
  return path.slice(place.length).split('/').slice(0, -1)[0] ?? '';
}

function wrongWithin(room: Room, from: string, to: string): string | undefined {
  if (room.apart?.test(from) && room.apart.test(to)) return `${to} and its like do not import each other`;
  if (!room.byIndex || folderIn(room, from) === folderIn(room, to)) return undefined;
  if (/^index\.tsx?$/.test(posix.basename(to))) return undefined;
  return `${to} is inside ${folderIn(room, to)}, a neighbour: import that one's index`;
}

function pathWrong(room: Room, from: string, to: string): string | undefined {
  if (room.opensTo === 'every room') return undefined;
  const target = roomOf(to);
  if (target === undefined) return `${to} lies in no room`;
  if (target === room) return wrongWithin(room, from, to);
  if (room.opensTo.includes(target.name)) return undefined;
  return `${room.name} has no door to ${target.name}`;
}

function packageWrong(room: Room, found: FoundImport, specifier: string): string | undefined {
  const bare = specifier.replace(/^node:/, '');
  if (specifier.startsWith('node:') || builtins.has(bare)) {
    return room.node === 'any' || room.node.includes(bare)
      ? undefined
      : `${room.name} may not use node:${bare}`;
  }
  const name = packageName(specifier);
  const only = reserved[name];
  if (room.opensTo === 'every room') {
    // Outside Electron, requiring it tries to download its runtime. Its types do no harm.
    return name === 'electron' && !found.isType
      ? `${room.name} may name only the types of electron`
      : undefined;
  }
  if (only && !only.includes(room.name)) return `${name} belongs to ${only.join(', ')}`;
  if (room.packages === 'any' || room.packages.includes(name)) return undefined;
  return `${room.name} may not use the package ${name}`;
}

function wrong(room: Room, from: string, found: FoundImport): string | undefined {
  if (isHidden(found)) {
    if (room.opensTo === 'every room' || loaders.includes(from)) return undefined;
    return `${found.form} hides what is imported: name the module literally`;
  }
  const specifier = found.specifier ?? '';
  const to = inTree(from, specifier);
  return to === undefined ? packageWrong(room, found, specifier) : pathWrong(room, from, to);
}

function violationsIn(file: SourceFile, found: readonly FoundImport[]): readonly Violation[] {
  const room = roomOf(file.path);
  if (room === undefined) {
    return [
      { file: file.path, line: 1, what: 'no room is drawn for this folder: add one to test/doors/rooms.ts' },
    ];
  }
  return found.flatMap((one) => {
    const what = wrong(room, file.path, one);
    return what === undefined ? [] : [{ file: file.path, line: one.line, what }];
  });
}

/** Holds every import of the given files against the rooms, and looks for cycles among them. */
export function checkDoors(files: readonly SourceFile[]): Checked {
  const violations: Violation[] = [];
  const graph = new Map<string, readonly string[]>();
  let imports = 0;
  for (const file of files) {
    const found = importsOf(file.path, file.text);
    if (typeof found === 'string') {
      violations.push({ file: file.path, line: 1, what: found });
      continue;
    }
    imports += found.length;
    graph.set(
      file.path,
      found.flatMap(({ specifier }) => inTree(file.path, specifier ?? '') ?? []),
    );
    violations.push(...violationsIn(file, found));
  }
  for (const cycle of cycles(graph)) {
    const [first = ''] = cycle;
    violations.push({ file: first, line: 1, what: `import cycle: ${[...cycle, first].join(' -> ')}` });
  }
  return { files: files.length, imports, violations };
}
