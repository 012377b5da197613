import { GantryError } from '#shared/domain/errors.ts';
import type { ReleaseId } from '#shared/domain/ids.ts';
import { type LeftName, type RegistryManifest, stayText } from '#shared/domain/retention.ts';
import type { Ports } from '../context.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { Engine, StepOutput } from '../ports.ts';
import type { StepContext } from '../run-step.ts';
import { type Decision, decide } from './decide.ts';
import type { LedgerReader } from './ledger-facts.ts';
import { allNames, isNothing, nameThere, type Removal, removalOf } from './removal.ts';
import { look, type Seen } from './seen.ts';

export type Removed = {
  readonly kind: 'removed' | 'stays' | 'nothing';
  /** One sentence. */
  readonly detail: string;
};

/**
 * Removes one release's images, if still nothing protects them. Everything is looked at anew, and the ledger once more
 * in the transaction that announces the removal: a run that starts before it is seen by us, and one that starts after
 * it sees the announcement (removal-guard.ts).
 */
export async function removeRelease(
  ports: Ports,
  workspace: OpenWorkspace,
  reader: LedgerReader,
  step: string,
  id: ReleaseId,
  context: StepContext,
): Promise<Removed> {
  const { signal } = context;
  const seen = await look(ports, workspace, reader, signal);
  const decideNow = () => decide(reader, workspace, seen);
  const decision = decideNow();
  const release = decision.ledger.releases.find((one) => one.id === id);
  if (release === undefined || !decision.goes.includes(id)) return staying(decision, id);
  const removal = removalOf(release, decision, seen, 'there');
  if (isNothing(removal)) return { kind: 'nothing', detail: 'Nothing of it is left' };

  const { digests, manifests } = removal;
  const facts = { step, release: id, digests: [...digests] };
  const isAnnounced = context.recordIf(
    {
      kind: 'image-removing',
      ...facts,
      names: allNames(removal),
      manifests: [...manifests],
    },
    () => decideNow().goes.includes(id),
  );
  if (!isAnnounced) return staying(decideNow(), id);

  const done: Done = { names: [], manifests: [], left: [...removal.left] };
  try {
    await removeNames(ports, removal, done, signal);
    await removeElsewhere(seen, removal, done, signal);
    await removeManifests(ports, workspace, removal, done, signal);
  } finally {
    context.recordIf({ kind: 'image-removed', ...facts, ...done }, () => true);
  }
  return { kind: 'removed', detail: sentenceFor(done) };
}

type Done = { readonly names: string[]; readonly manifests: RegistryManifest[]; readonly left: LeftName[] };

function staying(decision: Decision, id: ReleaseId): Removed {
  const why = decision.stays.find(({ release }) => release === id)?.why.map(stayText) ?? [];
  return { kind: 'stays', detail: `Stays after all: ${why.join(', ')}` };
}

async function removeNames(ports: Ports, { names }: Removal, done: Done, signal: AbortSignal): Promise<void> {
  for (const { name, imageId } of names) await removeName(ports.engine, name, imageId, name, done, signal);
}

async function removeElsewhere(
  { engines }: Pick<Seen, 'engines'>,
  { elsewhere }: Removal,
  done: Done,
  signal: AbortSignal,
): Promise<void> {
  for (const one of elsewhere) {
    const engine = engines.find(({ name }) => name === one.engine)?.engine;
    if (engine !== undefined) await removeName(engine, one.name, one.imageId, nameThere(one), done, signal);
  }
}

/** @param shown the name as people read it */
async function removeName(
  engine: Engine,
  name: string,
  imageId: string,
  shown: string,
  done: Done,
  signal: AbortSignal,
): Promise<void> {
  const now = await engine.image(name, signal);
  if (now === undefined) return;
  if (now.identity.imageId !== imageId) {
    done.left.push({ name: shown, why: 'it names another image by now' });
    return;
  }
  await unlessRefused(done, shown, async () => {
    await engine.untag(name, signal);
    done.names.push(shown);
  });
}

async function removeManifests(
  ports: Ports,
  workspace: OpenWorkspace,
  { manifests }: Removal,
  done: Done,
  signal: AbortSignal,
): Promise<void> {
  const { insecure } = workspace.config.registry;
  for (const manifest of manifests) {
    await unlessRefused(done, manifest.ref, async () => {
      await ports.registry.delete(manifest.ref, { signal, insecure });
      done.manifests.push(manifest);
    });
  }
}

/** A no concerns this name alone, such as that of an engine whose container has the image. */
async function unlessRefused(done: Done, name: string, remove: () => Promise<void>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    const isNo = error instanceof GantryError && /^(engine|registry)-refused$/.test(error.code);
    if (!isNo) throw error;
    done.left.push({ name, why: error.message });
  }
}

function sentenceFor({ names, manifests, left }: Done): string {
  const parts = [
    ...(names.length === 0 ? [] : [counted(names.length, 'name')]),
    ...(manifests.length === 0 ? [] : [counted(manifests.length, 'manifest')]),
  ];
  const gone = parts.length === 0 ? 'Nothing removed' : `${parts.join(' and ')} removed`;
  return left.length === 0 ? gone : `${gone}, ${left.length} left: ${left[0]?.why ?? ''}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** As the end of a step that is about this release alone. */
export function endOf({ detail }: Removed): StepOutput {
  return { kind: 'end', outcome: 'succeeded', detail };
}
