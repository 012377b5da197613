import { type Candidate, configFolder, type MachineFacts } from './find-engine.ts';

/** Variables without which programs do not start, or find their configuration, on Windows. */
const windowsNeeds = [
  'SystemRoot',
  'USERPROFILE',
  'ProgramData',
  'APPDATA',
  'LOCALAPPDATA',
  'TEMP',
  'PATHEXT',
];

/**
 * What the docker CLI needs to reach the same engine, and no more: a variable in the environment of `docker compose`
 * goes before the one in its --env-file.
 */
export function cliEnvironment(facts: MachineFacts, engine: Candidate | undefined): Record<string, string> {
  const { env, homeFolder, platform } = facts;
  const inherited = ['PATH', ...(platform === 'win32' ? windowsNeeds : [])];
  // With the keys in an agent, ssh asks for nothing.
  if (engine?.host.startsWith('ssh:')) inherited.push('SSH_AUTH_SOCK');
  return {
    ...Object.fromEntries(inherited.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
    HOME: homeFolder,
    DOCKER_CONFIG: configFolder(facts),
    ...(engine === undefined ? {} : { DOCKER_HOST: engine.host }),
    ...(engine?.tls === undefined ? {} : tlsVariables(engine.tls)),
  };
}

function tlsVariables({ folder, verify }: NonNullable<Candidate['tls']>): Record<string, string> {
  return { DOCKER_CERT_PATH: folder, ...(verify ? { DOCKER_TLS_VERIFY: '1' } : { DOCKER_TLS: '1' }) };
}
