import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** What each field of a message does with its value, by number. */
export type Fields<Message> = Readonly<Record<number, (message: Message, reader: BinaryReader) => void>>;

/** Fills the message. Fields of other numbers are skipped, so that a newer engine is still understood. */
export function readMessage<Message>(bytes: Uint8Array, message: Message, fields: Fields<Message>): Message {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = fields[number];
    if (field === undefined) reader.skip(wireType, number);
    else field(message, reader);
  }
  return message;
}

/** A `map<string, string>`: each pair is a message of its own. */
export function writeMap(writer: BinaryWriter, number: number, map: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(map)) {
    const pair = new BinaryWriter();
    writeString(pair, 1, key);
    writeString(pair, 2, value);
    writer.tag(number, WireType.LengthDelimited).bytes(pair.finish());
  }
}

export function readPair(reader: BinaryReader, into: Record<string, string>): void {
  const { key, value } = readMessage(reader.bytes(), { key: '', value: '' }, pairFields);
  into[key] = value;
}

const pairFields: Fields<{ key: string; value: string }> = {
  1: (pair, reader) => {
    pair.key = reader.string();
  },
  2: (pair, reader) => {
    pair.value = reader.string();
  },
};

export function writeString(writer: BinaryWriter, number: number, value: string): void {
  if (value !== '') writer.tag(number, WireType.LengthDelimited).string(value);
}
