import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Credentials } from '../credentials.ts';

/*
 * The small messages of a session: moby.filesync.v1.Auth, moby.buildkit.secrets.v1.Secrets, grpc.health.v1.Health.
 */

/** The string in field 1 of a CredentialsRequest (Host) and of a GetSecretRequest (ID). */
export function readFirstString(bytes: Uint8Array): string {
  const reader = new BinaryReader(bytes);
  let value = '';
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1 && wireType === WireType.LengthDelimited) value = reader.string();
    else reader.skip(wireType, number);
  }
  return value;
}

export function writeCredentials({ username, secret }: Credentials): Uint8Array {
  const writer = new BinaryWriter();
  if (username !== '') writer.tag(1, WireType.LengthDelimited).string(username);
  if (secret !== '') writer.tag(2, WireType.LengthDelimited).string(secret);
  return writer.finish();
}

export function writeSecret(value: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(value).finish();
}

/** A HealthCheckResponse: SERVING. */
export function writeServing(): Uint8Array {
  return new BinaryWriter().tag(1, WireType.Varint).int32(1).finish();
}
