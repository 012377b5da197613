import { defineCommand } from './define.ts';

export const targetsCommand = defineCommand({
  name: 'targets',
  summary: 'the kinds of places a release can run, and what gantry.yml says about each',
  run: async ({ session, print, terminal }) => {
    const client = await session.client();
    const targets = await client.system.targets();
    const { targetsText } = await import('../text/targets-text.ts');
    print(targets, () => targetsText(targets, terminal.style));
  },
});
