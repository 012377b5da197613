import type { Commands } from '#main/core/ports.ts';
import type { TargetWorld } from '#test/contract/target-world.ts';
import { only } from '#test/fakes/only.ts';
import { registry, releases, repository } from './wished-world.ts';

const token = 'token-of-the-contract-suite';

/** Two programs: one that deploys the image it is named, and one that prints the digest that is live, unless nobody does. */
export function createCommandWorld(isBlind?: true): TargetWorld {
  let live = '';
  let changes = 0;
  let asked = 0;
  let isRefusing = false;
  let isLost = false;
  let isInstalled = true;
  const commands: Commands = {
    async run({ argv: [program, ...args], env, signal, onLine }) {
      signal.throwIfAborted();
      if (!isInstalled) throw Object.assign(new Error('spawn ENOENT'), { code: 'ENOENT' });
      if (program === 'shop-live') return { exitCode: 0, stdout: `${live}\n`, stderr: '' };
      asked++;
      const [image = ''] = args;
      if (isRefusing) return { exitCode: 1, stdout: '', stderr: '' };
      if (env.DEPLOY_TOKEN !== token || args.length !== 2) return { exitCode: 1, stdout: '', stderr: '' };
      onLine?.({ stream: 'out', text: `deploying ${args.join(' ')}` });
      const wanted = image.slice(image.indexOf('@') + 1);
      if (wanted !== live) changes++;
      live = wanted;
      const exitCode = isLost ? null : 0;
      isLost = false;
      return { exitCode, stdout: '', stderr: '' };
    },
  };
  const sent = {
    kind: 'command',
    run: ['shop-deploy', '{{image}}', 'to {{environment}}; rm -rf {{release}}'],
    env: { DEPLOY_TOKEN: 'secret://env/COMMAND_TOKEN' },
    repository,
  };
  return {
    io: {
      folder: '/shop',
      insecureRegistries: [],
      commands,
      secret: async () => token,
      registry,
      engine: only({}),
      files: only({}),
    },
    config: isBlind ? sent : { ...sent, observe: { run: ['shop-live'], deadline: '1s' } },
    ...(isBlind ? { isBlind } : {}),
    releases,
    changes: () => changes,
    asked: () => asked,
    runs: (index) => live === releases[index]?.remote.digest,
    secrets: [token],
    goAway() {
      isInstalled = false;
    },
    refuse() {
      isRefusing = true;
    },
    /** Something else ends it once it did its work. */
    loseAnswer() {
      isLost = true;
    },
  };
}
