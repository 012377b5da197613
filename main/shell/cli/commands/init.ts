import { defineCommand } from './define.ts';

const next = 'Next: look through it, then gantry build --trust builds and tests the image.\n';

export const initCommand = defineCommand({
  name: 'init',
  summary: 'write what was detected in this folder to gantry.yml',
  run: async ({ session, print }) => {
    const { id: workspaceId } = await session.workspace();
    const client = await session.client();
    const written = await client.workspaces.init({ workspaceId });
    print(written, () => `Wrote ${written.file}\n\n${written.text}\n${next}`);
  },
});
