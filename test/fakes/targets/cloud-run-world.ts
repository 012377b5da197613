import type { Io, Registry } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { TargetWorld } from '#test/contract/target-world.ts';
import { httpTo } from '#test/fakes/cloud-run/in-memory.ts';
import { createFakeProject } from '#test/fakes/cloud-run/project.ts';
import { only } from '#test/fakes/only.ts';

const repository = 'europe-west1-docker.pkg.dev/acme/shop/web';
const token = 'ya29.tokenOfTheContractSuite';
const releases = [
  { ref: 'shop:r-1a2b3c', imageId: `sha256:${'1'.repeat(64)}`, digest: `sha256:${'a'.repeat(64)}` },
  { ref: 'shop:r-4d5e6f', imageId: `sha256:${'4'.repeat(64)}`, digest: `sha256:${'b'.repeat(64)}` },
];

/** The fake Cloud Run in memory, with a service that runs another image, and that everyone may call or one account. */
export function createCloudRunWorld(invoker: 'public' | 'private' = 'public'): TargetWorld {
  let isReachable = true;
  const project = createFakeProject({ project: 'acme', region: 'europe-west1', token, now: () => 0 });
  project.addService('shop', [{ name: 'web', image: `${repository}@sha256:${'0'.repeat(64)}` }]);
  const account = 'deploy@acme.iam.gserviceaccount.com';
  const identity = project.identities.issue(account, project.uriOf('shop'));
  if (invoker === 'private') project.makePrivate('shop', [account]);
  const asked: Io['probe'] = async (check, reach) => {
    const path = URL.parse(reach(undefined) ?? '')?.pathname;
    if (check.kind !== 'http' || path === undefined) return undefined;
    const refused = project.refusal(path, check.send ?? {});
    return { at: 0, ok: refused === undefined, ms: 1, text: String(refused ?? 200) };
  };
  return {
    io: {
      folder: '/shop',
      insecureRegistries: [],
      http: httpTo(project, () => isReachable),
      async secret(reference) {
        if (reference === 'secret://env/CLOUD_RUN_TOKEN') return token;
        throw new GantryError('secret-unresolved', `${reference} is not set.`, 'Set it.');
      },
      probe: asked,
      googleIdentity: async ({ audience }) =>
        audience === project.uriOf('shop') ? identity : project.identities.issue(account, audience),
      registry: only<Registry>({}),
      engine: only({}),
      commands: only({}),
      files: only({}),
    },
    config: {
      kind: 'cloud-run',
      project: 'acme',
      region: 'europe-west1',
      service: 'shop',
      repository,
      credentials: { accessToken: 'secret://env/CLOUD_RUN_TOKEN' },
      canary: [10, 50],
      canaryPause: '50ms',
      smoke: '/healthz',
      ...(invoker === 'private' ? { invoker: { impersonate: account } } : {}),
    },
    releases: releases.map(({ ref, imageId, digest }) => ({
      ref,
      imageId,
      remote: { repository, ref: `${repository}:${ref.slice(ref.indexOf(':') + 1)}`, digest },
    })),
    changes: () => project.changes(),
    asked: () =>
      project.requests.filter(({ method, path }) => method === 'PATCH' && !path.includes('validateOnly=true'))
        .length,
    runs(index) {
      const { statuses, revisions } = project.service('shop');
      const serving = statuses.flatMap(({ percent, revision }) =>
        revisions.filter(({ name }) => name === revision && (percent ?? 0) > 0),
      );
      const images = serving.map(({ containers }) => containers[0]?.image);
      const wanted = `${repository}@${releases[index]?.digest}`;
      return images.length > 0 && images.every((image) => image === wanted);
    },
    secrets: invoker === 'private' ? [token, identity] : [token],
    goAway() {
      isReachable = false;
    },
    refuse() {
      const error = { code: 403, status: 'PERMISSION_DENIED', message: 'Permission denied.' };
      project.answerNext('PATCH', { status: 403, headers: {}, body: JSON.stringify({ error }) }, 20);
    },
    loseAnswer: () => project.loseNext('PATCH'),
  };
}
