import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A clock that can be set while programs run; their monotonic one goes on as it did. */
export type TestClock = {
  /** For the programs whose clock it is. */
  readonly variables: Readonly<Record<string, string>>;
  /** How far it is off from now on, in ms. */
  set(offMs: number): Promise<void>;
  remove(): Promise<void>;
};

export async function createTestClock(): Promise<TestClock> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-clock-'));
  const file = join(folder, 'off');
  const program = new URL('./clock-jump.ts', import.meta.url);
  program.searchParams.set('file', file);
  const set = async (offMs: number) => {
    // In one go: a reader must not see it empty.
    await writeFile(`${file}.next`, String(offMs));
    await rename(`${file}.next`, file);
  };
  await set(0);
  return {
    variables: { NODE_OPTIONS: `--import=${program.href}` },
    set,
    remove: () => rm(folder, { recursive: true }),
  };
}
