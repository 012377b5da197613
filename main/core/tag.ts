import { shortDigest } from '#shared/domain/availability-words.ts';
import type { Release, ReleaseImage } from '#shared/domain/release.ts';
import { requireAskedTags } from './asked-tags.ts';
import { withCell } from './availability/facts.ts';
import type { Ports } from './context.ts';
import { moveNames, type NameMove, seeName, staleText } from './moving-names.ts';
import type { OpenWorkspace } from './open-workspace.ts';
import type { RunStep } from './run-step.ts';

/** Steps that give every image of a release further names on this engine. The plan says where each points now. */
export async function scriptTag(
  ports: Pick<Ports, 'engine' | 'ledger'>,
  { config }: Pick<OpenWorkspace, 'config'>,
  release: Release,
  tags: readonly string[],
): Promise<readonly RunStep[]> {
  requireAskedTags(ports, release, tags);
  return Promise.all(
    release.images.map(async (image, index) => {
      const { imageId } = image.image.identity;
      const refs = [...new Set(tags)].map((tag) => `${config.image}:${withCell(tag, image.cell)}`);
      const names = await Promise.all(refs.map((ref) => seeName(ports, ref, imageId)));
      return nameStep(ports, `name-${index + 1}`, image, names);
    }),
  );
}

function nameStep(
  ports: Pick<Ports, 'engine'>,
  step: string,
  { cell }: ReleaseImage,
  names: readonly NameMove[],
): RunStep {
  return {
    planned: {
      id: step,
      title: cell === undefined ? 'Name image' : `Name image ${cell}`,
      detail: names.map(nameText).join(', '),
      action: { names: [...names] },
      repeatable: true,
      changes: true,
      timeoutMs: 60_000,
    },
    async *apply({ signal }) {
      const [stale] = yield* moveNames(ports, step, names, signal);
      if (stale === undefined) {
        const detail = names.map(({ ref }) => ref).join(', ');
        return yield { kind: 'end', outcome: 'succeeded', detail };
      }
      const message = `${staleText(stale)}.`;
      const error = { code: 'plan-stale', message, hint: 'Something else moved it: tag again.' } as const;
      yield { kind: 'end', outcome: 'failed', detail: message, error };
    },
  };
}

function nameText({ ref, before, after }: NameMove): string {
  return before === undefined || before === after ? ref : `${ref}, which is ${shortDigest(before)} now`;
}
