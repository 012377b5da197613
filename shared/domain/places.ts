import type { BoardEnvironment } from './board.ts';
import { type BlindPlace, blindPlaces, type HealthStatus, type ObservedService } from './observed.ts';

/** One of the places that an environment is, as it was seen. */
export type Place = {
  readonly name: string;
  /** Of its service that is worst off. */
  readonly health: HealthStatus;
  /** In the target's words, where it is not well. */
  readonly state: string;
  /** What it runs, where the places do not all run the same. */
  readonly runs?: string;
  /** It told nothing, now or ever; `state` says why. */
  readonly blind?: BlindPlace['kind'];
};

/** From the best to the worst. */
export const healthOrder: readonly HealthStatus[] = [
  'healthy',
  'unknown',
  'starting',
  'stopped',
  'unhealthy',
];

/** Empty for an environment that is one place, and while it cannot be asked. */
export function placesOf({
  target,
  observed,
}: Pick<BoardEnvironment, 'target' | 'observed'>): readonly Place[] {
  if (target.kind !== 'several' || observed.kind !== 'running') return [];
  const { places } = observed;
  const blind = blindPlaces(observed).map(
    ({ name, kind, why }): Place => ({ name, health: 'unknown', state: why, blind: kind }),
  );
  const members = Map.groupBy(observed.services, ({ name }) => name.split('/')[0] ?? name);
  const images = new Set([...members.values()].map(imagesOf));
  const answered = [...members].flatMap(([name, services]): Place[] => {
    const [worst] = services.toSorted(
      (one, other) => healthOrder.indexOf(other.health) - healthOrder.indexOf(one.health),
    );
    if (worst === undefined) return [];
    const runs = images.size > 1 ? runsWords(worst) : undefined;
    return [{ name, health: worst.health, state: worst.state, ...(runs === undefined ? {} : { runs }) }];
  });
  const order = places?.map(({ name }) => name) ?? [];
  return [...answered, ...blind].toSorted(
    (one, other) => order.indexOf(one.name) - order.indexOf(other.name),
  );
}

/** `unreachable`, in place of its health. */
export const blindWord: Readonly<Record<BlindPlace['kind'], string>> = {
  unreachable: 'unreachable',
  unobservable: 'cannot be asked',
};

function imagesOf(services: readonly ObservedService[]): string {
  return [...new Set(services.map(({ imageId }) => imageId))].toSorted().join(' ');
}

function runsWords({ releaseLabel, revision, imageId }: ObservedService): string | undefined {
  const label = [releaseLabel, revision].find((each) => each !== undefined && each !== '');
  return label ?? /^sha256:([0-9a-f]{12})/.exec(imageId)?.[1];
}
