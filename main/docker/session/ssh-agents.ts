import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { BuildSpec } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { type Fields, readMessage } from '../control/protobuf.ts';
import { GrpcError, grpcStatus, type Metadata, type Methods } from './grpc-server.ts';
import { readFirstString } from './messages.ts';
import type { PacketStream } from './send-files.ts';

type Agent = BuildSpec['ssh'][number];

const service = '/moby.sshforward.v1.SSH';
const idHeader = 'buildkit.ssh.id';
const defaultId = 'default';

const connectWithinMs = 2_000;

/** Lets a step ask the agents for keys and signatures, and for nothing that would change them. */
export function createAgentForwarding(agents: BuildSpec['ssh']): Methods {
  function agentOf(id: string): Agent {
    const agent = agents.find((each) => each.id === (id || defaultId));
    if (agent !== undefined) return agent;
    throw new GrpcError(grpcStatus.notFound, `there is no SSH agent ${JSON.stringify(id || defaultId)}`);
  }
  return {
    unary: {
      [`${service}/CheckAgent`](message) {
        agentOf(readFirstString(message));
        return new Uint8Array();
      },
    },
    streaming: {
      async [`${service}/ForwardAgent`](stream, metadata: Metadata) {
        const agent = await dial(agentOf(metadata.get(idHeader)?.[0] ?? ''));
        try {
          await forward(stream, agent);
        } finally {
          agent.destroy();
        }
      },
    },
  };
}

/** Throws `config-invalid` for the first at whose socket nothing listens: a step would only find that it has no keys. */
export async function checkAgents(agents: BuildSpec['ssh']): Promise<void> {
  for (const agent of agents) (await dial(agent)).destroy();
}

async function dial({ id, socket: path }: Agent): Promise<Socket> {
  const socket = connect(path);
  const timer = setTimeout(() => socket.destroy(new Error('it does not answer')), connectWithinMs);
  try {
    await once(socket, 'connect');
    // An agent may leave at any time; whoever reads from it learns it there.
    socket.on('error', () => {});
    return socket;
  } catch (cause) {
    const message = `No SSH agent answers at ${path} (build.ssh.${id}).`;
    const hint = 'Start ssh-agent and add a key, or name the socket of one that runs.';
    throw new GantryError('config-invalid', message, hint, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** One question at a time, so that an answer of ours never overtakes one of the agent's. */
async function forward(stream: PacketStream, agent: Socket): Promise<void> {
  const answers = readAgentMessages(agent);
  for await (const question of readAgentMessages(dataIn(stream.messages))) {
    let answer: Uint8Array = failure;
    if (mayAsk(question)) {
      agent.write(question);
      const next = await answers.next();
      if (next.done) return;
      answer = next.value;
    }
    await stream.send(new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(answer).finish());
    await stream.flush();
  }
}

/** SSH_AGENT_FAILURE. */
const failure = Uint8Array.of(0, 0, 0, 1, 5);

/** For identities (11), for signatures (13) and extensions (27), such as what a signature is bound to. */
const allowed: ReadonlySet<number | undefined> = new Set([11, 13, 27]);

function mayAsk(question: Uint8Array): boolean {
  return allowed.has(question[4]);
}

const dataFields: Fields<{ data: Uint8Array }> = {
  1: (message, reader) => {
    message.data = reader.bytes();
  },
};

async function* dataIn(messages: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const message of messages) {
    yield readMessage(message, { data: new Uint8Array() }, dataFields).data;
  }
}

/** As in OpenSSH. */
const longestMessage = 256 * 1024;

/** Messages of the agent's protocol, each with the four bytes of its length. */
async function* readAgentMessages(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting = Buffer.alloc(0);
  for await (const chunk of chunks) {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= 4) {
      const end = 4 + waiting.readUInt32BE();
      if (end > 4 + longestMessage) throw new Error('a message for the SSH agent is too long');
      if (waiting.length < end) break;
      yield waiting.subarray(0, end);
      waiting = waiting.subarray(end);
    }
  }
}
