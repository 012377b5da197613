import type { Io } from '#main/core/ports/target.ts';
import { type ErrorDetail, GantryError } from '#shared/domain/errors.ts';
import type { Observed, ObservedService } from '#shared/domain/observed.ts';
import { openApi, type RenderApi } from './api.ts';
import type { RenderConfig } from './config.ts';
import { deployedDigest, placeOfImage } from './image.ts';
import { patienceToLook } from './retry.ts';
import type { RenderDeploy, RenderService } from './shapes.ts';
import { isOver } from './status.ts';

export async function observeService(config: RenderConfig, io: Io): Promise<Observed> {
  const at = io.clock.now();
  const { service, baseUrl, apiKey } = config;
  if (apiKey === undefined) {
    return { kind: 'unobservable', at, why: 'without an API key Render does not say what runs' };
  }
  try {
    return await observeLive(await openApi({ service, baseUrl, apiKey }, io, patienceToLook), io);
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return { kind: 'unreachable', at, why: `${error.message} ${error.hint}` };
  }
}

/** What is live now; throws where that cannot be found out. */
export async function observeLive(api: RenderApi, io: Io): Promise<Observed> {
  const [service, { deploys }] = await Promise.all([api.service(), api.deploys({ limit: 20 })]);
  const live =
    deploys.find(({ status }) => status === 'live') ??
    (await api.deploys({ limit: 1, status: 'live' })).deploys[0];
  const at = io.clock.now();
  if (live === undefined) return { kind: 'empty', at };
  const notes = notesOn(service, deploys, live);
  const address = service.serviceDetails?.url;
  return {
    kind: 'running',
    at,
    services: [serviceAs(service, live, await deployedDigest(live, io))],
    settings: {},
    ...(address ? { address } : {}),
    ...(notes.length === 0 ? {} : { notes }),
  };
}

/** Render makes nothing live that its own health check refuses, and tells nothing of health afterwards. */
function serviceAs(service: RenderService, live: RenderDeploy, digest: string | undefined): ObservedService {
  const since = Date.parse(live.finishedAt ?? live.startedAt ?? live.createdAt ?? '');
  const isSuspended = service.suspended === 'suspended';
  return {
    name: service.name,
    imageId: digest ?? 'built by Render',
    imageRef: live.image?.ref ?? service.imagePath ?? 'built by Render',
    health: isSuspended ? 'stopped' : 'healthy',
    state: isSuspended ? 'suspended' : 'live',
    revision: live.id,
    ...(Number.isNaN(since) ? {} : { since }),
    ports: [],
  };
}

function notesOn(service: RenderService, deploys: readonly RenderDeploy[], live: RenderDeploy): string[] {
  const [newest] = deploys;
  const isUnderWay = newest !== undefined && newest.id !== live.id && !isOver(newest.status);
  return [
    ...(service.autoDeploy === 'yes'
      ? [
          `Auto-deploy is on for ${service.name}: ${service.branch ? `a push to ${service.branch}` : 'a change there'} deploys over what Gantry put there, after a rollback too. Turn it off in the service’s settings on Render.`,
        ]
      : []),
    ...(service.suspended === 'suspended' ? [`${service.name} is suspended on Render.`] : []),
    ...(isUnderWay ? [`Render is at another deploy, ${newest.id} (${newest.trigger ?? 'unknown'}).`] : []),
  ];
}

/** What a deploy of this repository's image would be refused for. */
export function unfitFor(
  service: RenderService,
  { repository, service: id }: Pick<RenderConfig, 'repository' | 'service'>,
): ErrorDetail | undefined {
  const { imagePath } = service;
  if (!imagePath) {
    return {
      code: 'config-invalid',
      message: `${service.name} (${id}) does not run an existing image: Render builds it.`,
      hint: 'Make a service on Render from an existing image, and put its id into gantry.yml.',
    };
  }
  if (placeOfImage(imagePath) === placeOfImage(repository)) return undefined;
  return {
    code: 'config-invalid',
    message: `${service.name} (${id}) runs ${placeOfImage(imagePath)}, not ${placeOfImage(repository)}.`,
    hint: 'Render changes tag and digest only: set the image in the service’s settings, or `repository` in gantry.yml.',
  };
}
