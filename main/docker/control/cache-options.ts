import { GantryError } from '#shared/domain/errors.ts';
import type { Typed } from './solve-messages.ts';

/**
 * Where a build reads its cache from or writes it to, as `docker buildx build --cache-from` takes it: an image name, or
 * `type=…,key=value` with CSV's quotes. Throws `config-invalid`.
 */
export function readCacheOption(text: string): Typed {
  const fields = splitFields(text);
  if (text === '') throw invalid(text, 'it is empty');
  if (fields.length === 1 && !text.includes('=')) return { type: 'registry', attributes: { ref: text } };
  const attributes: Record<string, string> = {};
  for (const field of fields) {
    const at = field.indexOf('=');
    if (at < 1) throw invalid(text, `${JSON.stringify(field)} is no key=value`);
    attributes[field.slice(0, at).toLowerCase()] = field.slice(at + 1);
  }
  const { type, ...rest } = attributes;
  if (type === undefined || type === '') throw invalid(text, 'it has no type');
  for (const key of needed[type] ?? []) {
    if (!rest[key]) throw invalid(text, `type=${type} needs ${key}=…`);
  }
  return { type, attributes: rest };
}

export function readCacheSource(text: string): Typed {
  const option = readCacheOption(text);
  if (option.type === 'local' && !option.attributes.src) throw invalid(text, 'type=local needs src=…');
  return option;
}

export function readCacheTarget(text: string): Typed {
  const option = readCacheOption(text);
  if (option.type === 'local' && !option.attributes.dest) throw invalid(text, 'type=local needs dest=…');
  return option;
}

const needed: Readonly<Record<string, readonly string[]>> = { registry: ['ref'] };

function splitFields(text: string): readonly string[] {
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/gy;
  const fields: string[] = [];
  for (let match = field.exec(text); match !== null; match = field.exec(text)) {
    const [, quoted, plain = '', end] = match;
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '') return fields;
  }
  throw invalid(text, 'a quote is not closed');
}

function invalid(text: string, why: string): GantryError {
  const message = `${JSON.stringify(text)} is no build cache: ${why}.`;
  const hint = 'Write an image name, type=registry,ref=…, type=local,src=… or, to write one, type=inline.';
  return new GantryError('config-invalid', message, hint);
}
