import { setImmediate as breath } from 'node:timers/promises';
import type { Entry } from './context-entry.ts';
import { fileScratch, readFileBytes } from './file-bytes.ts';
import {
  fileOf,
  isPacked,
  isRequestable,
  type Listed,
  type PackedEntries,
  type ToldFile,
  tellings,
} from './packed-entries.ts';
import { dataHead, endOfStats, errorPacket, finishPacket, readPacket, statPacket } from './packets.ts';

/** One call of FileSync/DiffCopy, message by message. */
export type PacketStream = {
  readonly messages: AsyncIterable<Uint8Array>;
  /** Takes a message, in pieces, whose memory may be used again at once. Resolves when there is room for more. */
  send(...pieces: readonly Uint8Array[]): Promise<void> | undefined;
  /** Takes whole messages that have the heads of gRPC already, and may keep the memory. Others may come before the next. */
  sendFramed(messages: Uint8Array): Promise<void>;
  flush(): Promise<void>;
  /** Fires when nobody listens any more. */
  readonly signal?: AbortSignal;
};

export type SendOptions = {
  readonly root: string;
  /** In the order of walkContext. */
  readonly entries: Listed;
};

/** Files alone: folders and links are told, and there is nothing more to them. */
export type Sent = {
  /** How many there are. */
  readonly told: number;
  /** Those that the engine asked for, in the order in which they were told. */
  readonly asked: readonly ToldFile[];
};

/** Bytes; names are seldom longer. */
const usualStat = 1_024;

/** The loop belongs to others too: the person's interface, and the engine's question whether we are still there. */
const breatheEveryMs = 10;

/** Tells of every file, then sends those that the engine asks for. Throws when they cannot be sent as they were told. */
export async function sendFiles(stream: PacketStream, options: SendOptions): Promise<Sent> {
  const sent = new Map<number, ToldFile>();
  const asked = createQueue();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  try {
    const list = isPacked(options.entries) ? packedList(options.entries) : listOf(options.entries);
    const telling = tell(stream, list);
    const sending = sendAsked(stream, options.root, list, sent, asked);
    const listening = listen(stream.messages, asked);
    // The engine says it is finished when it has all; until then any of the three may fail.
    for (const task of [telling, sending]) task.catch(failed.reject);
    await Promise.race([listening, failed.promise]);
    asked.end();
    await Promise.all([telling, sending]);
    await stream.send(finishPacket());
    await stream.flush();
    const ordered = [...sent].sort(([left], [right]) => left - right);
    return { told: list.count, asked: ordered.map(([, file]) => file) };
  } catch (error) {
    asked.end();
    await tellFailure(stream, error).catch(() => {});
    throw error;
  }
}

async function tellFailure(stream: PacketStream, error: unknown): Promise<void> {
  await stream.send(errorPacket(error instanceof Error ? error.message : String(error)));
  await stream.flush();
}

/** What the engine is told of, and may ask for. */
type List = {
  tell(stream: PacketStream): Promise<void>;
  /** What was told under this number; `undefined` when that is nothing to ask for. */
  file(id: number): ToldFile | undefined;
  /** Of files; a second name of one is never asked for, and does not count. */
  readonly count: number;
};

function packedList(packed: PackedEntries): List {
  return {
    async tell(stream) {
      for (const messages of tellings(packed)) await stream.sendFramed(messages);
    },
    file: (id) => fileOf(packed, id),
    count: packed.files,
  };
}

function listOf(entries: readonly Entry[]): List {
  return {
    tell: (stream) => tellEach(stream, entries),
    file(id) {
      const entry = entries[id];
      return entry !== undefined && isRequestable(entry) ? entry : undefined;
    },
    count: entries.filter((entry) => entry.link === undefined && isRequestable(entry)).length,
  };
}

async function tell(stream: PacketStream, list: List): Promise<void> {
  await list.tell(stream);
  await stream.send(endOfStats());
  await stream.flush();
}

async function tellEach(stream: PacketStream, entries: readonly Entry[]): Promise<void> {
  let breathedAt = performance.now();
  const scratch = Buffer.allocUnsafe(usualStat);
  for (const entry of entries) {
    const sending = stream.send(statPacket(entry, scratch));
    if (sending !== undefined) await sending;
    if (performance.now() - breathedAt > breatheEveryMs) {
      await stream.flush();
      await breath();
      breathedAt = performance.now();
    }
  }
}

type Queue = {
  push(id: number): void;
  end(): void;
  isEmpty(): boolean;
  /** `undefined` after the end. */
  next(): Promise<number | undefined>;
};

function createQueue(): Queue {
  const ids: number[] = [];
  let first = 0;
  let isOver = false;
  let wake = Promise.withResolvers<void>();
  return {
    push(id) {
      ids.push(id);
      wake.resolve();
    },
    end() {
      isOver = true;
      wake.resolve();
    },
    isEmpty: () => first === ids.length,
    async next() {
      while (first === ids.length && !isOver) {
        wake = Promise.withResolvers<void>();
        await wake.promise;
      }
      const id = ids[first];
      first += 1;
      return id;
    },
  };
}

async function sendAsked(
  stream: PacketStream,
  root: string,
  list: List,
  sent: Map<number, ToldFile>,
  asked: Queue,
): Promise<void> {
  let breathedAt = performance.now();
  const scratch = Buffer.allocUnsafeSlow(fileScratch);
  for (let id = await asked.next(); id !== undefined; id = await asked.next()) {
    const entry = list.file(id);
    // A second request for it would be a mistake of the engine's.
    if (entry === undefined || sent.has(id)) {
      throw new Error(`the engine asked for file ${id}, which there is not`);
    }
    sent.set(id, entry);
    if (entry.kind === 'file') {
      for await (const bytes of readFileBytes(root, entry, scratch)) {
        const sending = stream.send(dataHead(id, bytes.length), bytes);
        if (sending !== undefined) await sending;
      }
    }
    await stream.send(dataHead(id, 0));
    if (asked.isEmpty()) await stream.flush();
    if (performance.now() - breathedAt > breatheEveryMs) {
      await breath();
      breathedAt = performance.now();
    }
  }
}

/** Until the engine has all it wants. */
async function listen(messages: AsyncIterable<Uint8Array>, asked: Queue): Promise<void> {
  for await (const message of messages) {
    const packet = readPacket(message);
    switch (packet.kind) {
      case 'request':
        asked.push(packet.id);
        break;
      case 'finish':
        return;
      case 'error':
        throw new Error(`the engine stopped taking files: ${packet.message}`);
      case 'other':
        break;
    }
  }
  throw new Error('the engine stopped taking files');
}
