import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import fc from 'fast-check';

/*
 * Generated changes to a folder: few names, so that much of what happens happens to the same paths.
 */

export type FolderOp = {
  readonly kind: 'write' | 'make' | 'remove' | 'rename' | 'link' | 'symlink' | 'mode' | 'time';
  /** In Latin-1, a character a byte: not all are UTF-8. */
  readonly path: string;
  readonly to: string;
  readonly size: number;
};

const name = fc.constantFrom('a', 'b', 'c', 'd', 'node_modules', 'x.log', '\xff');
const path = fc
  .tuple(fc.constantFrom(1, 1, 2, 2, 3, 4), fc.array(name, { minLength: 4, maxLength: 4 }))
  .map(([depth, names]) => names.slice(0, depth).join('/'));

export const folderOp: fc.Arbitrary<FolderOp> = fc.record({
  kind: fc
    .constantFrom('write', 'write', 'write', 'make', 'make', 'remove', 'rename', 'rename', 'link')
    .chain((usual) => fc.constantFrom(usual, usual, usual, 'symlink', 'mode', 'time')),
  path,
  to: path,
  size: fc.integer({ min: 0, max: 3 }),
});

export const folderOps = fc.array(folderOp, { minLength: 8, maxLength: 30 });

export const placeIn = (root: string, latin1: string): Buffer => Buffer.from(`${root}/${latin1}`, 'latin1');

/** What cannot be done is not done. Returns whether it was. */
export function carryOut(root: string, { kind, path: from, to, size }: FolderOp): boolean {
  const [place, other] = [placeIn(root, from), placeIn(root, to)];
  try {
    switch (kind) {
      case 'write':
        writeFileSync(place, 'x'.repeat(size));
        break;
      case 'make':
        mkdirSync(place, { recursive: true });
        break;
      case 'remove':
        rmSync(place, { recursive: true });
        break;
      case 'rename':
        renameSync(place, other);
        break;
      case 'link':
        linkSync(place, other);
        break;
      case 'symlink':
        symlinkSync(to, place);
        break;
      case 'mode':
        chmodSync(place, lstatSync(place).mode ^ 0o011);
        break;
      case 'time':
        utimesSync(place, 1_600_000_000, 1_600_000_000 + size);
        break;
    }
    return true;
  } catch {
    return false;
  }
}

/** Paths, in text, as a watcher would tell them. Of a name that is not UTF-8 it tells the folder. */
export function toldPaths(root: string, { kind, path: from, to }: FolderOp): readonly string[] {
  const paths = kind === 'rename' || kind === 'link' ? [from, to] : [from];
  return paths.map((each) => {
    const bad = each.indexOf('\xff');
    return bad === -1 ? `${root}/${each}` : `${root}/${each.slice(0, bad)}`.replace(/\/+$/, '');
  });
}
