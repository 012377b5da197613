import { exitCodes } from '../exit-codes.ts';
import { defineCommand } from './define.ts';

export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'check the engine, Compose, git, the ledger and this workspace',
  run: async ({ session, print, terminal, chosenFolder }) => {
    const client = await session.client();
    const workspaceId = chosenFolder === undefined ? undefined : (await session.workspace()).id;
    const checks = await client.system.doctor(workspaceId === undefined ? {} : { workspaceId });
    const { doctorText } = await import('../text/doctor-text.ts');
    print(checks, () => doctorText(checks, terminal.style));
    return checks.some((check) => check.result === 'bad') ? exitCodes.failed : exitCodes.done;
  },
});
