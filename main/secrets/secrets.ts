import type { Secrets } from '#main/core/ports/secrets.ts';
import { agentSocket, readBuildSecret } from './build-secrets.ts';
import { openKey } from './key-file.ts';
import { createRedactor } from './redactor.ts';
import { isReference, resolveReference } from './references.ts';
import { createSealing } from './sealing.ts';

export type SecretsOptions = {
  /** GANTRY_HOME: the key is kept there, in a file of its own. */
  readonly home: string;
  /** What `~` stands for. */
  readonly homeFolder: string;
  /** Where `secret://env/NAME` looks. */
  readonly env: Readonly<Record<string, string | undefined>>;
};

export function createSecrets({ home, homeFolder, env }: SecretsOptions): Secrets {
  // The key is made when it is first needed: a command that only reads must not write.
  let sealing: ReturnType<typeof createSealing> | undefined;
  const withKey = () => {
    sealing ??= createSealing(openKey(home));
    return sealing;
  };
  return {
    redactor: createRedactor,
    isReference,
    resolve: (reference, folder) => resolveReference(reference, folder, env),
    readBuildSecret: (source, folder) => readBuildSecret(source, { folder, homeFolder, env }),
    sshAgent: (written, folder) => agentSocket(written, { folder, homeFolder, env }),
    fingerprint: (text) => withKey().fingerprint(text),
    seal: (id, plain) => withKey().seal(id, plain),
    unseal: (id, sealed) => withKey().unseal(id, sealed),
  };
}
