import type { Container } from '#main/core/ports.ts';

/** A running container of service `web` that runs release r-1a2b3c; what differs is given. */
export function container(
  changes: Partial<Container> & { service?: string; release?: string | undefined } = {},
): Container {
  const { service = 'web', labels, ...rest } = changes;
  const release = 'release' in changes ? changes.release : 'r-1a2b3c';
  return {
    id: `${service}-id`,
    name: `shop-dev-${service}-1`,
    labels: {
      'com.docker.compose.project': 'shop-dev',
      'com.docker.compose.service': service,
      'com.docker.compose.oneoff': 'False',
      'dev.gantry.environment': 'dev',
      'dev.gantry.env': 'f1',
      ...(release === undefined ? {} : { 'dev.gantry.release': release }),
      ...labels,
    },
    imageId: 'sha256:1',
    imageRef: 'shop:r-1a2b3c',
    running: true,
    exitCode: 0,
    health: 'healthy',
    state: 'running',
    since: 1_000,
    ports: [],
    restartCount: 0,
    ...rest,
  };
}

export const stopped = (exitCode: number) =>
  ({ running: false, exitCode, health: 'stopped', state: `exited (${exitCode})` }) as const;
