import { defineCommand } from './define.ts';

export const schemaCommand = defineCommand({
  name: 'schema',
  summary: 'the JSON Schema of gantry.yml, for editors',
  run: async ({ session, terminal }) => {
    const client = await session.client();
    // JSON with and without --json: it is what the command is for.
    terminal.out(`${JSON.stringify(await client.system.configSchema(), null, 2)}\n`);
  },
});
