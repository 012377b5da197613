import { homedir } from 'node:os';
import { resolve } from 'node:path';
import * as z from 'zod';
import { createGantry } from '../../create-gantry.ts';
import { gantryHome } from '../gantry-home.ts';
import { gantryVersion } from '../gantry-version.ts';
import { createServerShell } from './server-shell.ts';

/** What build/dev.ts hands over: by the environment, since arguments are for every user to read. */
const devSchema = z.object({ apiPort: z.number(), port: z.number(), token: z.string(), session: z.string() });

const { env, platform } = process;
const { apiPort, port, token, session } = devSchema.parse(JSON.parse(env.GANTRY_DEV ?? '{}'));
const gantry = await createGantry({
  home: resolve(gantryHome({ env, platform, homeFolder: homedir() })),
  shell: 'server',
  env,
  version: gantryVersion,
});
const shell = await createServerShell({
  router: gantry.router,
  rendererFolder: resolve(import.meta.dirname, '../../../dist/renderer'),
  port: apiPort,
  now: Date.now,
  platform,
  dev: { port, token, session },
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, async () => {
    await shell.close();
    await gantry.dispose();
    process.exit(0);
  });
}
