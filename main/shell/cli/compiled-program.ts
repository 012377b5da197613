import { hash } from 'node:crypto';
import {
  accessSync,
  closeSync,
  fstatSync,
  mkdirSync,
  constants as modes,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { constants, Script } from 'node:vm';

export type CompiledProgram = {
  /** CommonJS, as the bundler writes it; the names of its files carry a hash of what is in them. */
  readonly folder: string;
  /** Its first file. */
  readonly entry: string;
  /**
   * What it is started for, such as a command; may be empty. The code of each is kept by itself: V8 reads back all that is
   * kept of a file, which with what the other commands ran took 5 to 10% longer.
   */
  readonly purpose: string;
  /** Made when it is missing. Whoever can write there runs what they like as this user. */
  readonly cacheFolder: string;
};

/** As much of a module as bundled code asks for. */
type Module = { exports: unknown };
type Load = (
  exports: unknown,
  require: (name: string) => unknown,
  module: Module,
  filename: string,
  folder: string,
) => void;
type Part = { readonly script: Script; readonly wasKept: boolean };
type Kept = ReadonlyMap<string, Buffer>;

/** V8 forgets the code of what ran long ago; that of a start is to be kept. */
const startLastsSeconds = 60;
/** What every file system takes as a part of a file's name. */
const fileSafe = /^[a-z][a-z-]{0,30}$/;
/** After which more may be run than was at the first time. */
const anewAfterMs = 24 * 60 * 60 * 1000;
/** After which a cache is taken for one of a version, or of a command, that nobody starts: each is 1 to 2 MB. */
const disusedAfterMs = 7 * 24 * 60 * 60 * 1000;

/**
 * Runs a program with the code that V8 made of it the last time, down to the functions that ran. Node's own compile cache
 * is written before anything runs and has none of those: compiling them was a third of a short command (ADR 25). Anything
 * wrong with the cache costs that time and no more.
 */
export function runCompiled({ folder, entry, purpose, cacheFolder }: CompiledProgram): void {
  const names = [entry, process.version, process.arch, ...(fileSafe.test(purpose) ? [purpose] : [])];
  const cache = join(cacheFolder, 'compiled', names.join('-'));
  const kept = readKept(cache);
  const parts = new Map<string, Part>();
  const modules = new Map<string, Module>();
  const requireOther = createRequire(join(folder, entry));
  const requirePart = (name: string): unknown => {
    const known = modules.get(name);
    if (known !== undefined) return known.exports;
    const filename = join(folder, name);
    const part = compile(filename, kept.get(name));
    parts.set(name, part);
    const module: Module = { exports: {} };
    modules.set(name, module);
    const load: Load = part.script.runInThisContext();
    load(module.exports, requireAny, module, filename, folder);
    return module.exports;
  };
  const requireAny = (name: string): unknown =>
    name.startsWith('./') ? requirePart(name.slice(2)) : requireOther(name);
  process.once('exit', (code) => {
    // Perhaps a word that is no command: each would have a file of its own.
    if (code !== 0 && parts.size === 1) return;
    const isNew = [...parts.values()].some(({ wasKept }) => !wasKept);
    const isOld = code === 0 && ageOf(cache) > anewAfterMs;
    if (process.uptime() < startLastsSeconds && (isNew || isOld)) keep(cache, kept, parts, code === 0);
  });
  requirePart(entry);
}

function compile(filename: string, cachedData: Buffer | undefined): Part {
  const script = new Script(wrapped(filename), {
    filename,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  return { script, wasKept: cachedData !== undefined && script.cachedDataRejected === false };
}

const opening = '(function (exports, require, module, __filename, __dirname) {';
const closing = '\n})';

/** Bundles are ASCII: V8 takes that in half the memory of anything else, and this way without a copy of it. */
function wrapped(filename: string): string {
  const file = openSync(filename, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.allocUnsafe(opening.length + size + closing.length);
    bytes.write(opening, 'latin1');
    const end = opening.length + readSync(file, bytes, opening.length, size, 0);
    bytes.write(closing, end, 'latin1');
    return bytes.toString('latin1', 0, end + closing.length);
  } finally {
    closeSync(file);
  }
}

/** What stands before the parts: a checksum of all after it, and the length of the list of them, which is JSON. */
const sumLength = 20;
const headLength = 24;

function readKept(cache: string): Kept {
  try {
    const bytes = readFileSync(cache);
    if (!sumOf(bytes).equals(bytes.subarray(0, sumLength))) return new Map();
    const partsFrom = headLength + bytes.readUInt32LE(sumLength);
    const list: readonly (readonly [string, number])[] = JSON.parse(
      bytes.toString('utf8', headLength, partsFrom),
    );
    const kept = new Map<string, Buffer>();
    let at = partsFrom;
    for (const [name, length] of list) {
      kept.set(name, bytes.subarray(at, at + length));
      at += aligned(length);
    }
    return kept;
  } catch {
    return new Map();
  }
}

/** Not by node:zlib's crc32: every command loads node:crypto, and few the other, which takes longer than this. */
function sumOf(bytes: Buffer): Buffer {
  return hash('sha1', bytes.subarray(sumLength), 'buffer');
}

/** What did not succeed ran less than it will: what is kept of it gives way to the first that does. */
function keep(cache: string, kept: Kept, parts: ReadonlyMap<string, Part>, isWhole: boolean): void {
  try {
    mkdirSync(dirname(cache), { recursive: true, mode: 0o700 });
    accessSync(dirname(cache), modes.W_OK);
    const all = new Map(kept);
    for (const [name, { script }] of parts) all.set(name, script.createCachedData());
    const list = JSON.stringify([...all].map(([name, { length }]) => [name, length]));
    const text = Buffer.from(list.padEnd(aligned(list.length)));
    const head = Buffer.alloc(headLength);
    head.writeUInt32LE(text.length, sumLength);
    const padded = [...all.values()].flatMap((code) => [
      code,
      Buffer.alloc(aligned(code.length) - code.length),
    ]);
    const bytes = Buffer.concat([head, text, ...padded]);
    sumOf(bytes).copy(bytes);
    writeAtOnce(cache, bytes, isWhole ? 0 : 2 * anewAfterMs);
  } catch {
    // A home that cannot be written to, or a full disk.
  }
}

function writeAtOnce(cache: string, bytes: Buffer, ageMs: number): void {
  const folder = dirname(cache);
  const written = `${cache}.${process.pid}`;
  writeFileSync(written, bytes, { mode: 0o600 });
  const at = (Date.now() - ageMs) / 1000;
  utimesSync(written, at, at);
  renameSync(written, cache);
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (path !== cache && ageOf(path) > disusedAfterMs) rmSync(path);
  }
}

function ageOf(path: string): number {
  const facts = statSync(path, { throwIfNoEntry: false });
  return facts === undefined ? 0 : Date.now() - facts.mtimeMs;
}

/** V8 copies code that does not begin at a multiple of 8 bytes. */
function aligned(length: number): number {
  return Math.ceil(length / 8) * 8;
}
