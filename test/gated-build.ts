import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GantryWorld } from './gantry-process.ts';

/** Builds of a world's workspace stop in their last test until they are let go on. */
export type GatedBuild = {
  isAtGate(): boolean;
  open(): void;
  close(): void;
};

/** Adds the test to gantry.yml; the gate is closed. Its files lie outside of the workspace, so they change nothing. */
export async function gateBuilds({ workspace }: Pick<GantryWorld, 'workspace'>): Promise<GatedBuild> {
  const [gate, there] = [join(workspace.home, 'gate-open'), join(workspace.home, 'gate-reached')];
  const command = `touch ${there}; while [ ! -e ${gate} ]; do sleep 0.05; done; rm ${there}`;
  await workspace.edit('gantry.yml', (text) =>
    text.replace(/^tests:\n/m, `tests:\n  - { name: gate, where: host, run: [sh, -c, "${command}"] }\n`),
  );
  return {
    isAtGate: () => existsSync(there),
    open: () => writeFileSync(gate, ''),
    close: () => {
      rmSync(gate, { force: true });
      rmSync(there, { force: true });
    },
  };
}
