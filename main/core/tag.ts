import { shortDigest } from '#shared/domain/availability-words.ts';
import type { Release, ReleaseImage } from '#shared/domain/release.ts';
import { requireAskedTags } from './asked-tags.ts';
import { withCell } from './availability/facts.ts';
import type { Ports } from './context.ts';
import type { OpenWorkspace } from './open-workspace.ts';
import type { RunStep } from './run-step.ts';

type Name = { readonly ref: string; readonly before?: string };

/**
 * Steps that give every image of a release further names on this engine. Where a name points now stands in the run
 * before it moves: a process that dies in between must not take that with it.
 */
export async function scriptTag(
  ports: Pick<Ports, 'engine' | 'ledger'>,
  { config }: Pick<OpenWorkspace, 'config'>,
  release: Release,
  tags: readonly string[],
): Promise<readonly RunStep[]> {
  requireAskedTags(ports, release, tags);
  return Promise.all(
    release.images.map(async (image, index) => {
      const refs = [...new Set(tags)].map((tag) => `${config.image}:${withCell(tag, image.cell)}`);
      return nameStep(
        ports,
        `name-${index + 1}`,
        image,
        await Promise.all(refs.map((ref) => lookUp(ports, ref))),
      );
    }),
  );
}

async function lookUp({ engine }: Pick<Ports, 'engine'>, ref: string, signal?: AbortSignal): Promise<Name> {
  const before = (await engine.image(ref, signal))?.identity.imageId;
  return before === undefined ? { ref } : { ref, before };
}

function nameStep(
  ports: Pick<Ports, 'engine'>,
  step: string,
  { image, cell }: ReleaseImage,
  names: readonly Name[],
): RunStep {
  const { imageId } = image.identity;
  return {
    planned: {
      id: step,
      title: cell === undefined ? 'Name image' : `Name image ${cell}`,
      detail: names.map((name) => nameText(name, imageId)).join(', '),
      action: { names: [...names] },
      repeatable: true,
      changes: true,
      timeoutMs: 60_000,
    },
    async *apply({ signal }) {
      for (const { ref, before } of names) {
        const now = (await lookUp(ports, ref, signal)).before;
        if (now === imageId) continue;
        if (now !== before) {
          const message = `${ref} names ${now === undefined ? 'nothing' : shortDigest(now)} meanwhile.`;
          const error = { code: 'plan-stale', message, hint: 'Something else moved it: tag again.' } as const;
          return yield { kind: 'end', outcome: 'failed', detail: message, error };
        }
        await ports.engine.tag(imageId, ref, signal);
        const was = before === undefined ? {} : { before };
        yield { kind: 'event', event: { kind: 'tag-moved', step, ref, ...was, after: imageId } };
      }
      yield { kind: 'end', outcome: 'succeeded', detail: names.map(({ ref }) => ref).join(', ') };
    },
  };
}

function nameText({ ref, before }: Name, imageId: string): string {
  return before === undefined || before === imageId ? ref : `${ref}, which is ${shortDigest(before)} now`;
}
