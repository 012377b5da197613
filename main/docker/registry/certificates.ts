import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What an HTTPS agent is given beyond the usual. */
export type Certificates = {
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
};

/**
 * A registry's own authority, and a person's own certificate, where docker looks for them: `certs.d/HOST/*.crt`, and
 * `*.cert` with `*.key`. What cannot be read is as if it were not there: the registry will say what it lacks.
 */
export async function readCertificates(folders: readonly string[], host: string): Promise<Certificates> {
  for (const folder of folders) {
    const place = join(folder, 'certs.d', host);
    const names = (await readdir(place).catch(() => [])).sort();
    if (names.length === 0) continue;
    const read = async (ending: string) => {
      const found = names.filter((name) => name.endsWith(ending));
      const texts = await Promise.all(
        found.map((name) => readFile(join(place, name), 'utf8').catch(() => '')),
      );
      return texts.filter((text) => text !== '');
    };
    const { getCACertificates } = await import('node:tls');
    const [authorities, [cert], [key]] = await Promise.all([read('.crt'), read('.cert'), read('.key')]);
    return {
      // Given alone, it would take the place of all others.
      ...(authorities.length === 0 ? {} : { ca: [...getCACertificates('default'), ...authorities] }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    };
  }
  return {};
}
