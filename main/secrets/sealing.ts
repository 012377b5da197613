import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { GantryError } from '#shared/domain/errors.ts';
import type { EnvSnapshotId } from '#shared/domain/ids.ts';

/** First byte of what is sealed, so that a later way of sealing can be told apart. */
const format = 1;
const nonceBytes = 12;
const tagBytes = 16;

export type Sealing = {
  fingerprint(text: string): string;
  seal(id: EnvSnapshotId, plain: string): Uint8Array;
  unseal(id: EnvSnapshotId, sealed: Uint8Array): string;
};

/** Layout: format (1 byte), nonce (12), ciphertext, tag (16). One derived key for each purpose. */
export function createSealing(key: Buffer): Sealing {
  const derived = (purpose: string) => Buffer.from(hkdfSync('sha256', key, '', purpose, 32));
  const sealKey = derived('gantry env snapshot v1');
  const printKey = derived('gantry fingerprint v1');
  return {
    fingerprint: (text) => createHmac('sha256', printKey).update(text, 'utf8').digest('hex'),
    seal(id, plain) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', sealKey, nonce).setAAD(Buffer.from(id, 'utf8'));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(format), nonce, body, cipher.getAuthTag()]);
    },
    unseal(id, sealed) {
      const bytes = Buffer.from(sealed);
      if (bytes[0] !== format || bytes.length < 1 + nonceBytes + tagBytes) throw unreadable(id);
      const nonce = bytes.subarray(1, 1 + nonceBytes);
      const body = bytes.subarray(1 + nonceBytes, -tagBytes);
      const decipher = createDecipheriv('aes-256-gcm', sealKey, nonce)
        .setAAD(Buffer.from(id, 'utf8'))
        .setAuthTag(bytes.subarray(-tagBytes));
      try {
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
      } catch (error) {
        throw unreadable(id, error);
      }
    },
  };
}

function unreadable(id: EnvSnapshotId, cause?: unknown): GantryError {
  return new GantryError(
    'ledger-corrupt',
    `The env snapshot ${id.slice(0, 10)} cannot be read: it was changed, or sealed with another key.`,
    'Restore the file "key" that belongs to this ledger; a deploy from the env file needs no snapshot.',
    { cause },
  );
}
