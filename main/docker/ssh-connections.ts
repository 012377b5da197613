import { Agent, type ClientRequest, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import { openSshStream, type SshPlace } from './ssh-stream.ts';

/** ssh takes some 200 ms to begin; so long a connection waits for the next call. */
const idleMs = 15_000;
const mostIdle = 2;
/** sshd refuses some of those that come at once, from ten on (MaxStartups). */
const mostAtOnce = 6;

/**
 * Connections to one engine over ssh. Unlike others they are kept for a while: a process, and the greetings of ssh, for
 * every question would make a board slow. One whose other side is gone ends, and is taken by nobody then.
 */
function createSshConnections(place: SshPlace, env: Readonly<Record<string, string | undefined>>): Agent {
  const idle = new Map<Duplex, NodeJS.Timeout>();
  const agent = new (class extends Agent {
    override createConnection(_options: ClientRequestArgs) {
      const stream = openSshStream(place, env);
      stream.once('close', () => forget(stream));
      return stream;
    }
    override keepSocketAlive(stream: Duplex) {
      const end = setTimeout(() => stream.destroy(), idleMs);
      end.unref();
      idle.set(stream, end);
      return super.keepSocketAlive(stream);
    }
    override reuseSocket(stream: Duplex, request: ClientRequest) {
      forget(stream);
      super.reuseSocket(stream, request);
    }
  })({ keepAlive: true, maxFreeSockets: mostIdle, maxSockets: mostAtOnce });

  function forget(stream: Duplex): void {
    clearTimeout(idle.get(stream));
    idle.delete(stream);
  }
  return agent;
}

/** One agent for each engine behind ssh, whoever asks it. */
export type SshConnections = { to(place: SshPlace): Agent; dispose(): void };

export function keepSshConnections(env: Readonly<Record<string, string | undefined>>): SshConnections {
  const agents = new Map<string, Agent>();
  return {
    to(place) {
      const key = JSON.stringify(place);
      const agent = agents.get(key) ?? createSshConnections(place, env);
      agents.set(key, agent);
      return agent;
    },
    dispose() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}
