import type { SwarmAction } from './actions.ts';

/** Labels that Gantry puts on what it starts; it changes and removes nothing without them. */
export const gantryLabels = {
  workspace: 'dev.gantry.workspace',
  environment: 'dev.gantry.environment',
  release: 'dev.gantry.release',
  /** The fingerprint of the env it was started with, which tells nothing but equal from different. */
  env: 'dev.gantry.env',
  /** The release's own tag, where the image is named by its id. */
  ref: 'dev.gantry.ref',
} as const;

export const swarmLabels = { serviceId: 'com.docker.swarm.service.id' } as const;

export function serviceLabels({ workspace, environment }: SwarmAction): Record<string, string> {
  return { [gantryLabels.workspace]: workspace, [gantryLabels.environment]: environment };
}

export function taskLabels(action: SwarmAction): Record<string, string> {
  return {
    ...serviceLabels(action),
    [gantryLabels.release]: action.release,
    [gantryLabels.env]: action.envFingerprint,
    [gantryLabels.ref]: action.remote?.ref ?? action.ref,
  };
}

/** Whether what carries these labels was started by that deploy, or by an equal one. */
export function isOf(
  labels: Readonly<Record<string, string>>,
  { release, envFingerprint }: Pick<SwarmAction, 'release' | 'envFingerprint'>,
): boolean {
  return labels[gantryLabels.release] === release && labels[gantryLabels.env] === envFingerprint;
}

/** Whether both were started by one deploy, or by equal ones. */
export function areSame(
  one: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): boolean {
  const { release, env } = gantryLabels;
  return one[release] === other[release] && one[env] === other[env];
}
