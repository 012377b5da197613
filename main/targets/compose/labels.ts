/** Labels that Gantry puts on what it starts; it changes and removes nothing without them. */
export const gantryLabels = {
  workspace: 'dev.gantry.workspace',
  environment: 'dev.gantry.environment',
  /** Only on containers that run the release's image. */
  release: 'dev.gantry.release',
  /** The fingerprint of the env it was started with, which tells nothing but equal from different. */
  env: 'dev.gantry.env',
  /** On a service that does its work and ends with 0. */
  oneShot: 'dev.gantry.one-shot',
  /** Of rolling deploys: equal for containers that were started the same way. */
  spec: 'dev.gantry.spec',
} as const;

/** Compose's own. */
export const composeLabels = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  /** `True` for the containers of `docker compose run`. */
  oneOff: 'com.docker.compose.oneoff',
} as const;
