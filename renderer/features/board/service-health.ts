import type { HealthStatus } from '#shared/domain/observed.ts';
import type { Status } from '../../ui/status-words.ts';

export const healthStatus: Record<HealthStatus, Status> = {
  healthy: 'healthy',
  starting: 'observing',
  unhealthy: 'unhealthy',
  stopped: 'unhealthy',
  unknown: 'unverified',
};

/** Another word than the status's own. */
export const healthWords: Partial<Record<HealthStatus, string>> = {
  starting: 'Starting',
  stopped: 'Stopped',
  unknown: 'Not checked',
};
