import type { SwarmService } from '#main/core/ports/swarm.ts';
import type { Io, StepOutput } from '#main/core/ports/target.ts';
import type { ErrorDetail } from '#shared/domain/errors.ts';
import { imageHere } from '../image-here.ts';
import { failed, succeeded } from '../step-end.ts';
import type { SwarmAction } from './actions.ts';
import { gantryLabels, serviceLabels } from './labels.ts';
import { managerOf } from './observe.ts';

export type FoundImage =
  /** `name`: as the service is told it. `id`: what is compared. */
  | { readonly kind: 'found'; readonly name: string; readonly id: string }
  | { readonly kind: 'gone'; readonly error: ErrorDetail };

/** Everything that can refuse a deploy while nothing has changed yet, so that nothing need be rolled back. */
export async function* findImage(action: SwarmAction, io: Io): AsyncGenerator<StepOutput> {
  const swarm = await io.engine.swarm();
  await managerOf(swarm, io.signal);
  const image = await imageFor(action, io);
  if (image.kind === 'gone') return yield failed(image.error);
  const foreign = notOurs(await swarm.service(action.service, io.signal), action);
  yield foreign === undefined
    ? succeeded(`${action.remote?.ref ?? action.ref} is ${image.id}`)
    : failed(foreign);
}

/**
 * On one node by id: for a tag the engine would ask a registry first, which may have another image of that name. Pulled
 * by digest, beside which the tag is for people.
 */
export async function imageFor(action: SwarmAction, io: Io): Promise<FoundImage> {
  const { remote } = action;
  if (remote === undefined) {
    const id = await imageHere(action, io);
    return id === undefined
      ? gone(`The engine no longer has the image ${action.ref} (${action.imageId}).`)
      : { kind: 'found', name: id, id };
  }
  const call = { signal: io.signal, insecure: io.insecureRegistries };
  // Before its first push nothing could say what the registry would call it.
  const asked = remote.digest === undefined ? remote.ref : `${remote.repository}@${remote.digest}`;
  const digest = (await io.registry.resolve(asked, call))?.digest;
  if (digest === undefined) return gone(`The registry no longer has ${asked}.`);
  return { kind: 'found', name: `${remote.ref}@${digest}`, id: digest };
}

function gone(message: string): FoundImage {
  const hint = 'Build the release again, or choose another one.';
  return { kind: 'gone', error: { code: 'image-gone', message, hint } };
}

/** On a swarm that others use too, only what Gantry started itself is changed. */
export function notOurs(service: SwarmService | undefined, action: SwarmAction): ErrorDetail | undefined {
  if (service === undefined) return undefined;
  const { labels } = service;
  const code = 'target-refused';
  const hint = 'Set another target.service in gantry.yml';
  if (labels[gantryLabels.environment] === undefined) {
    const add = Object.entries(serviceLabels(action)).map(([key, value]) => ` --label-add ${key}=${value}`);
    return {
      code,
      message: `Gantry did not make the service ${service.name}.`,
      hint: `${hint}, or hand it over: \`docker service update${add.join('')} ${service.name}\`.`,
    };
  }
  if (
    labels[gantryLabels.environment] === action.environment &&
    labels[gantryLabels.workspace] === action.workspace
  ) {
    return undefined;
  }
  const whose = `${labels[gantryLabels.environment]} of ${labels[gantryLabels.workspace]}`;
  return { code, message: `The service ${service.name} is ${whose}.`, hint: `${hint}.` };
}
