import { spawn } from 'node:child_process';
import { addressOf } from './engine-address.ts';
import type { Candidate } from './find-engine.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where what its containers publish is reached, for an engine on another machine; `undefined` for one on this. */
export async function publishedHost(engine: Candidate, env: Env): Promise<string | undefined> {
  const address = addressOf(engine);
  if (address.kind === 'socket') return undefined;
  const host = address.kind === 'tcp' ? bare(address.host) : await resolvedBySsh(address.host, env);
  return isLoopback(host) ? undefined : host;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** The name may be one of the person's ssh configuration alone. */
function resolvedBySsh(host: string, env: Env): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('ssh', ['-G', '--', host], { env: { ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.on('error', () => resolve(host));
    child.on('close', () => resolve(/^hostname (.+)$/m.exec(said)?.[1] ?? host));
  });
}
