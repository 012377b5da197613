import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { createServer } from 'vite';

/**
 * Vite with hot reload in front, the loopback server with --watch behind it, one link for the browser. The server is
 * started again at every change of its files; the browser's session is given to it, and so survives.
 */
const root = resolve(import.meta.dirname, '..');
const apiPort = 5174;
const secret = () => randomBytes(32).toString('base64url');
const [token, session] = [secret(), secret()];

const vite = await createServer({
  configFile: join(root, 'vite.config.ts'),
  server: {
    proxy: {
      // `ws` takes the upgrade along; Host and Origin stay those of the page, and the server knows them.
      '/api': { target: `http://127.0.0.1:${apiPort}`, ws: true, changeOrigin: false },
    },
  },
});
await vite.listen();
const { port } = vite.config.server;

const watched = spawn(
  process.execPath,
  ['--watch', '--watch-preserve-output', join(root, 'main/shell/server/dev.ts')],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      GANTRY_DEV: JSON.stringify({ apiPort, port, token, session }),
    },
  },
);
watched.once('exit', (code) => process.exit(code ?? 1));
console.log(`\nhttp://127.0.0.1:${port}/api/session?token=${token}\n`);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    watched.kill(signal);
    void vite.close();
  });
}
