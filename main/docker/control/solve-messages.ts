import { hash } from 'node:crypto';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { isOfFiles } from '../session/context-source.ts';
import type { Selection } from '../session/context-walk.ts';
import { type Fields, readMessage, readPair, writeMap, writeString } from './protobuf.ts';

/*
 * The messages of BuildKit's api/services/control/control.proto by which a build is asked for.
 */

export const solvePath = '/moby.buildkit.v1.Control/Solve';
export const statusPath = '/moby.buildkit.v1.Control/Status';
export const listWorkersPath = '/moby.buildkit.v1.Control/ListWorkers';

type Attributes = Readonly<Record<string, string>>;

/** Of solver/pb/ops.proto and attr.go: a folder of a session. */
export type LocalSource = {
  readonly session: string;
  readonly name: string;
  readonly selection: Selection;
};

/** Has the engine fetch a folder as a build by a Dockerfile does, and build nothing of it. Its history tells nothing of it. */
export function writeFetchRequest(ref: string, source: LocalSource): Uint8Array {
  const inner = new BinaryWriter();
  writeString(inner, 1, `local://${source.name}`);
  writeMap(inner, 2, {
    'local.session': source.session,
    // By it and the name the engine finds the copy that it has from the last build, and makes the same of it as is here.
    'local.sharedkeyhint': isOfFiles(source.selection) ? source.name : `${source.name}-.dockerignore`,
    ...listAttribute('local.followpaths', source.selection.followPaths),
    ...listAttribute('local.includepattern', source.selection.includePatterns),
    ...listAttribute('local.excludepatterns', source.selection.excludePatterns),
  });
  const fetched = new BinaryWriter();
  fetched.tag(3, WireType.LengthDelimited).bytes(inner.finish());
  const operation = fetched.finish();
  // What is wanted is told by a last operation, which is nothing but its input.
  const input = new BinaryWriter();
  writeString(input, 1, `sha256:${hash('sha256', operation)}`);
  const wanted = new BinaryWriter();
  wanted.tag(1, WireType.LengthDelimited).bytes(input.finish());
  const definition = new BinaryWriter();
  for (const each of [operation, wanted.finish()]) definition.tag(1, WireType.LengthDelimited).bytes(each);
  const writer = new BinaryWriter();
  writeString(writer, 1, ref);
  writer.tag(2, WireType.LengthDelimited).bytes(definition.finish());
  writeString(writer, 5, source.session);
  // It may be empty, but not absent.
  writer.tag(8, WireType.LengthDelimited).bytes(new Uint8Array());
  writer.tag(11, WireType.Varint).bool(true);
  return writer.finish();
}

function listAttribute(name: string, list: readonly string[] | undefined): Attributes {
  return list === undefined || list.length === 0 ? {} : { [name]: JSON.stringify(list) };
}

/** An exporter, or where a cache is read from or written to. */
export type Typed = { readonly type: string; readonly attributes: Attributes };

export type SolveRequest = {
  /** Names the build, for its status. */
  readonly ref: string;
  readonly session: string;
  readonly frontend: string;
  readonly frontendAttributes: Attributes;
  readonly exporter: Typed;
  readonly cacheExports: readonly Typed[];
  readonly cacheImports: readonly Typed[];
  /** What the build is allowed beyond the ordinary, such as `network.host`. */
  readonly entitlements: readonly string[];
};

export function writeSolveRequest(request: SolveRequest): Uint8Array {
  const { exporter } = request;
  const writer = new BinaryWriter();
  writeString(writer, 1, request.ref);
  // BuildKit before 0.13 knows a single exporter, under these numbers.
  writeString(writer, 3, exporter.type);
  writeMap(writer, 4, exporter.attributes);
  writeString(writer, 5, request.session);
  writeString(writer, 6, request.frontend);
  writeMap(writer, 7, request.frontendAttributes);
  const cache = new BinaryWriter();
  for (const entry of request.cacheExports) writeTyped(cache, 4, entry);
  for (const entry of request.cacheImports) writeTyped(cache, 5, entry);
  // It may be empty, but not absent.
  writer.tag(8, WireType.LengthDelimited).bytes(cache.finish());
  for (const entitlement of request.entitlements) writeString(writer, 9, entitlement);
  writeTyped(writer, 13, exporter);
  return writer.finish();
}

function writeTyped(writer: BinaryWriter, number: number, { type, attributes }: Typed): void {
  const inner = new BinaryWriter();
  writeString(inner, 1, type);
  writeMap(inner, 2, attributes);
  writer.tag(number, WireType.LengthDelimited).bytes(inner.finish());
}

/** What the exporter says of what it made, such as `containerimage.digest`. */
export function readSolveResponse(bytes: Uint8Array): Attributes {
  const fields: Fields<Record<string, string>> = { 1: (all, reader) => readPair(reader, all) };
  return readMessage(bytes, {}, fields);
}

export function writeStatusRequest(ref: string): Uint8Array {
  const writer = new BinaryWriter();
  writeString(writer, 1, ref);
  return writer.finish();
}

/** The labels of each worker; an engine of dockerd's has one. */
export function readWorkerLabels(bytes: Uint8Array): readonly Attributes[] {
  const workerFields: Fields<Record<string, string>> = { 2: (labels, reader) => readPair(reader, labels) };
  const fields: Fields<Record<string, string>[]> = {
    1: (workers, reader) => {
      workers.push(readMessage(reader.bytes(), {}, workerFields));
    },
  };
  return readMessage<Record<string, string>[]>(bytes, [], fields);
}
