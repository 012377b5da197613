import { GantryError } from '#shared/domain/errors.ts';
import type { Check } from '#shared/domain/system.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import { defineCommand } from './define.ts';

export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'check the engine, Compose, git, the ledger and this workspace',
  run: async (context) => {
    const { print, terminal } = context;
    const checks = await check(context);
    const { doctorText } = await import('../text/doctor-text.ts');
    print(checks, () => doctorText(checks, terminal.style));
    return checks.some(({ result }) => result === 'bad') ? exitCodes.failed : exitCodes.done;
  },
});

async function check(context: CommandContext): Promise<readonly Check[]> {
  const { session, chosenFolder } = context;
  try {
    await session.gantry();
  } catch (error) {
    if (error instanceof GantryError && error.code.startsWith('ledger-'))
      return context.checkWithoutLedger(error);
    throw error;
  }
  const client = await session.client();
  const workspaceId = chosenFolder === undefined ? undefined : (await session.workspace()).id;
  return client.system.doctor(workspaceId === undefined ? {} : { workspaceId });
}
