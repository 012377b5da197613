import { type KeyObject, sign } from 'node:crypto';

/*
 * A certificate that says who signs tokens, in the few ASN.1 types it takes: Node makes none, and openssl is not
 * everywhere.
 */

const tags = {
  integer: 0x02,
  bits: 0x03,
  bytes: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
  address: 0x87,
};

function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...contents: readonly Uint8Array[]) => element(tags.sequence, ...contents);
/** 1.2.840.10045.4.3.2 */
const ecdsaWithSha256 = sequence(element(tags.oid, Buffer.from('2a8648ce3d040302', 'hex')));
/** 2.5.4.3 */
const commonName = element(tags.oid, Buffer.from('550403', 'hex'));

/** 2.5.29.17, subjectAltName: 127.0.0.1 */
const loopback = sequence(
  element(tags.oid, Buffer.from('551d11', 'hex')),
  element(tags.bytes, sequence(element(tags.address, Buffer.from([127, 0, 0, 1])))),
);

function utcTime(date: Date): Buffer {
  const text = date.toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return element(tags.utcTime, Buffer.from(`${text}Z`));
}

/** DER, for an EC key on P-256 and a server on 127.0.0.1, valid from a day ago for a week. */
export function selfSigned(name: string, keys: { publicKey: KeyObject; privateKey: KeyObject }): Buffer {
  const day = 86_400_000;
  const called = sequence(element(tags.set, sequence(commonName, element(tags.utf8, Buffer.from(name)))));
  const toBeSigned = sequence(
    // 3
    element(tags.version, element(tags.integer, Buffer.from([2]))),
    element(tags.integer, Buffer.from([1])),
    ecdsaWithSha256,
    called,
    sequence(utcTime(new Date(Date.now() - day)), utcTime(new Date(Date.now() + 7 * day))),
    called,
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    element(tags.extensions, sequence(loopback)),
  );
  const signature = sign('sha256', toBeSigned, keys.privateKey);
  return sequence(toBeSigned, ecdsaWithSha256, element(tags.bits, Buffer.from([0]), signature));
}

export function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
