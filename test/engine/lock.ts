import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GantryError } from '#shared/domain/errors.ts';

/**
 * Holds a lock between processes while `work` runs. The kernel's flock is held by a `flock` child (util-linux,
 * essential on Debian) that ends with its input, so a process killed with -9 lets go of it too.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const holder = spawn('flock', [file, 'sh', '-c', 'echo held; cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => holder.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    const refuse = () =>
      reject(
        new GantryError(
          'engine-unreachable',
          `The lock ${file} could not be taken.`,
          'Install util-linux (it brings flock) and see that the folder is writable.',
        ),
      );
    holder.once('error', refuse);
    holder.once('close', refuse);
    holder.stdout.once('data', () => resolve());
  });
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
