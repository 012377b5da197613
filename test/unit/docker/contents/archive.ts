/** Writes tar archives, also those that no program writes. */
export type Written = {
  readonly name: string | Buffer;
  /** Default: '0', a regular file. */
  readonly type?: string;
  readonly content?: string | Buffer;
  readonly link?: string | Buffer;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Where the header is to claim another. */
  readonly size?: number;
  readonly prefix?: string;
  readonly magic?: string;
  /** Written in front of the entry. */
  readonly pax?: Readonly<Record<string, string | Buffer>>;
  /** GNU's own way to write a long name and a long link in front of the entry. */
  readonly longName?: string;
  readonly longLink?: string;
};

const block = 512;

export function tarOf(entries: readonly Written[], end = 2): Buffer {
  return Buffer.concat([...entries.flatMap(entryOf), Buffer.alloc(end * block)]);
}

export function entryOf(entry: Written): Buffer[] {
  const { pax, longName, longLink } = entry;
  return [
    ...(pax === undefined ? [] : plain({ name: 'PaxHeaders/x', type: 'x', content: paxOf(pax) })),
    ...(longName === undefined ? [] : plain({ name: '././@LongLink', type: 'L', content: `${longName}\0` })),
    ...(longLink === undefined ? [] : plain({ name: '././@LongLink', type: 'K', content: `${longLink}\0` })),
    ...plain(entry),
  ];
}

function plain(entry: Written): Buffer[] {
  const content = Buffer.from(entry.content ?? '');
  const padding = Buffer.alloc((block - (content.length % block)) % block);
  return [headerOf(entry, entry.size ?? content.length), content, padding];
}

export function headerOf(entry: Written, size: number): Buffer {
  const header = Buffer.alloc(block);
  const put = (value: string | Buffer, at: number, length: number) =>
    Buffer.from(value).copy(header, at, 0, length);
  const octal = (value: number, at: number, length: number) =>
    put(`${value.toString(8).padStart(length - 1, '0')}\0`, at, length);
  put(entry.name, 0, 100);
  octal(entry.mode ?? 0o644, 100, 8);
  octal(entry.uid ?? 0, 108, 8);
  octal(entry.gid ?? 0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  put(entry.type ?? '0', 156, 1);
  put(entry.link ?? '', 157, 100);
  put(entry.magic ?? 'ustar\x0000', 257, 8);
  put(entry.prefix ?? '', 345, 155);
  return signed(header);
}

/** With its checksum. */
export function signed(header: Buffer): Buffer {
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

export function paxOf(records: Readonly<Record<string, string | Buffer>>): Buffer {
  return Buffer.concat(
    Object.entries(records).map(([key, value]) => {
      const body = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
      let length = body.length + 1;
      while (String(length).length + body.length !== length) length = String(length).length + body.length;
      return Buffer.concat([Buffer.from(String(length)), body]);
    }),
  );
}

export function* piecesOf(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
