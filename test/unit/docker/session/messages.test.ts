import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { frame, readFrames } from '#main/docker/session/grpc-frames.ts';
import {
  readFirstString,
  writeCredentials,
  writeSecret,
  writeServing,
} from '#main/docker/session/messages.ts';
import {
  dataHead,
  endOfStats,
  errorPacket,
  finishPacket,
  readPacket,
  statPacket,
} from '#main/docker/session/packets.ts';
import { bytesOf, shown, textOf } from '#main/docker/session/path-text.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

async function framesIn(chunks: readonly Uint8Array[]): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const message of readFrames(Readable.from(chunks))) found.push(Buffer.from(message).toString());
  return found;
}

describe('frames', () => {
  const bytes = Buffer.concat([
    frame(Buffer.from('one')),
    frame(Buffer.alloc(0)),
    frame(Buffer.from('three')),
  ]);

  test('have a flag and a length before them', () => {
    expect(hex(frame(Buffer.from('one')))).toBe('00000000036f6e65');
  });
  test.each([1, 2, 3, 5, 6, 7, 100])('are read whole from pieces of %i bytes', async (size) => {
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
    expect(await framesIn(pieces)).toEqual(['one', '', 'three']);
  });
  test('that are cut off, compressed or far too long are errors', async () => {
    await expect(framesIn([bytes.subarray(0, 6)])).rejects.toThrow('cut off');
    await expect(framesIn([Buffer.from('0100000000', 'hex')])).rejects.toThrow('compressed');
    await expect(framesIn([Buffer.from('00ffffffff', 'hex')])).rejects.toThrow('4294967295 bytes');
  });
});

describe('packets', () => {
  const scratch = Buffer.alloc(128);
  // The bytes are those of the protocol: field << 3 | type, then the value.
  test('that are sent', () => {
    expect(hex(dataHead(0, 2))).toBe('08022202');
    expect(hex(dataHead(300, 0))).toBe('080218ac02');
    expect(hex(dataHead(2 ** 32 - 1, 65_536))).toBe('080218ffffffff0f22808004');
    expect(hex(finishPacket())).toBe('0803');
    expect(hex(errorPacket('no'))).toBe('080422026e6f');
    expect(hex(endOfStats())).toBe('');
  });
  test('of a file, with a name of any bytes', () => {
    const entry = {
      path: textOf(Buffer.from('a\xff', 'latin1')),
      kind: 'file',
      mode: 0o644,
      size: 5n,
    } as const;
    const packet = statPacket({ ...entry, modifiedAt: 1n, identity: '', names: 1n, changedAt: 1n }, scratch);
    expect(hex(packet)).toBe('120b0a0261ff10a40328053001');
  });
  test('of a file with a name that is longer than what was made ready', () => {
    const entry = { path: 'n'.repeat(4_000), kind: 'file', mode: 0o644, size: 5n } as const;
    const packet = statPacket({ ...entry, modifiedAt: 1n, identity: '', names: 1n, changedAt: 1n }, scratch);
    expect(hex(packet.subarray(0, 6))).toBe('12aa1f0aa01f');
    expect(packet).toHaveLength(3 + 4_010);
  });
  test('of a link and of a device', () => {
    const common = { size: 0n, modifiedAt: 0n, identity: '', names: 1n, changedAt: 1n } as const;
    const link = statPacket(
      { ...common, path: 'l', kind: 'symlink', mode: 2 ** 27 + 0o777, link: 'a' },
      scratch,
    );
    expect(hex(link)).toBe('120b0a016c10ff8380403a0161');
    const device = statPacket(
      {
        ...common,
        path: 'd',
        kind: 'other',
        mode: 2 ** 26,
        device: { major: 1, minor: 3 },
      },
      scratch,
    );
    expect(hex(device)).toBe('120c0a01641080808020400148' + '03');
  });
  test('that come', () => {
    expect(readPacket(Buffer.from('080118ac02', 'hex'))).toEqual({ kind: 'request', id: 300 });
    // The first file has the number that is not written.
    expect(readPacket(Buffer.from('0801', 'hex'))).toEqual({ kind: 'request', id: 0 });
    expect(readPacket(Buffer.from('0803', 'hex'))).toEqual({ kind: 'finish' });
    expect(readPacket(Buffer.from('080422026e6f', 'hex'))).toEqual({ kind: 'error', message: 'no' });
    // A field of a newer engine is skipped.
    expect(readPacket(Buffer.from('08014a01781807', 'hex'))).toEqual({ kind: 'request', id: 7 });
  });
});

test('small messages', () => {
  expect(readFirstString(Buffer.from('0a03746f6b1200', 'hex'))).toBe('tok');
  expect(readFirstString(Buffer.alloc(0))).toBe('');
  expect(hex(writeCredentials({ username: 'u', secret: 's' }))).toBe('0a0175120173');
  expect(hex(writeCredentials({ username: '', secret: '' }))).toBe('');
  expect(hex(writeSecret(Buffer.from('s')))).toBe('0a0173');
  expect(hex(writeServing())).toBe('0801');
});

describe('names', () => {
  test.each([
    ['plain', 'plain'],
    ['é€😀', 'é€😀'],
    [Buffer.from([0x66, 0xff]), 'f\\xff'],
    [Buffer.from([0xc3, 0x28, 0xe2, 0x82]), '\\xc3(\\xe2\\x82'],
    [Buffer.from([0xed, 0xa0, 0x80]), '\\xed\\xa0\\x80'],
  ])('%s has one text, and back', (name, seen) => {
    const bytes = Buffer.from(name);
    expect(shown(textOf(bytes))).toBe(seen);
    expect(bytesOf(textOf(bytes)).equals(bytes)).toBe(true);
  });
});
