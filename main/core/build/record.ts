import type { RunId } from '#shared/domain/ids.ts';
import type { Release } from '#shared/domain/release.ts';
import type { Ports } from '../context.ts';
import { canonicalJson, sha256 } from '../hash.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { StepOutput } from '../ports.ts';
import type { BuildStepOutput, StepContext } from '../run-step.ts';
import { tagsFor } from '../version.ts';
import { type Progress, required } from './progress.ts';

export async function* recordRelease(
  ports: Ports,
  workspace: OpenWorkspace,
  runId: RunId,
  progress: Progress,
  { signal }: StepContext,
): AsyncGenerator<StepOutput | BuildStepOutput> {
  const source = required(progress.source, 'source');
  const version = required(progress.version, 'version');
  const image = required(progress.image, 'image');
  const { imageId, configDigest } = image.identity;
  const fullHash = sha256(
    canonicalJson({
      commit: source.commit?.sha,
      uncommitted: source.uncommittedHash,
      image: configDigest ?? imageId,
    }),
  );
  const known = ports.ledger.releases.byHash(workspace.id, fullHash);
  const id = known?.id ?? ports.ledger.releases.freeId(workspace.id, fullHash);
  const tags = tagsFor(workspace.config.image, id, version, source);
  for (const tag of tags) await ports.engine.tag(imageId, tag, signal);
  const release: Release = {
    id,
    workspaceId: workspace.id,
    version,
    source,
    images: [{ image: { ...image, tags }, tags }],
    tests: progress.tests,
    builtBy: runId,
    builtAt: ports.clock.now(),
  };
  ports.ledger.releases.put(known ?? release, fullHash);
  progress.release = known ?? release;
  yield { kind: 'event', event: { kind: 'release-recorded', release: id, version, imageId } };
  const detail = known === undefined ? `${id} ${version}` : `${id} ${version}, the same as built before`;
  yield { kind: 'end', outcome: 'succeeded', detail };
}
