import { statfsSync } from 'node:fs';

/**
 * Of linux/magic.h: file systems of this machine that note the time in a folder whenever a name comes or goes, by which
 * it is known that its names are still the same, and in a file whenever anything about it changes. Of others, such as a
 * network's or FUSE's, nothing is kept, and nothing on other systems, where they have no such numbers.
 */
const trusted: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // btrfs
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
  0xca451a4e, // bcachefs
]);

export function keepsTimes(folder: string): boolean {
  try {
    return process.platform === 'linux' && trusted.has(statfsSync(folder).type);
  } catch {
    return false;
  }
}
