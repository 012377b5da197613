import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type TlsKeys = { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };

/** What the folder of an engine's certificates holds; the machine's own authorities serve where it has none. */
export function readTlsKeys(folder: string | undefined): TlsKeys {
  if (folder === undefined) return {};
  const read = (name: string) => readIfThere(join(folder, name));
  const [ca, cert, key] = [read('ca.pem'), read('cert.pem'), read('key.pem')];
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
