/**
 * A Mac gives programs started from the Dock a PATH without the folders where docker, its credential helpers and git
 * usually are. What the person set stays first.
 */
export function withUsualSearchPath(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): Record<string, string | undefined> {
  if (platform !== 'darwin') return { ...env };
  const set = (env.PATH ?? '').split(':').filter((folder) => folder !== '');
  const usual = ['/usr/local/bin', '/opt/homebrew/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'];
  return { ...env, PATH: [...new Set([...set, ...usual])].join(':') };
}
