import * as z from 'zod';
import type { Io } from '#main/core/ports/target.ts';

export const referencePattern = /^secret:\/\/(env|file)\/./;

/** Same names as everywhere in gantry.yml; anything else is taken as it is written. */
export const referenceSchema = z
  .string()
  .regex(referencePattern, 'a reference, such as secret://env/DEPLOY_TOKEN');

/** Resolves texts that are references, and remembers what nobody may read. */
export function createReferences(io: Io) {
  const secrets: string[] = [];
  return {
    async resolve(text: string): Promise<string> {
      if (!referencePattern.test(text)) return text;
      const value = (await io.secret(text)).trim();
      if (value !== '') secrets.push(value);
      return value;
    },
    /** A stranger's sentence: short, on one line and without any of the secrets, however they were escaped. */
    clean(text: string): string {
      const forms = secrets.flatMap((secret) => [
        secret,
        encodeURIComponent(secret),
        JSON.stringify(secret).slice(1, -1),
      ]);
      // Longer ones first: one may stand inside another.
      const without = forms
        .toSorted((a, b) => b.length - a.length)
        .reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
      return without.replace(/\s+/g, ' ').trim().slice(0, 300);
    },
  };
}
