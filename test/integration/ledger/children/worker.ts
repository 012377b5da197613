import { createInterface } from 'node:readline';
import * as z from 'zod';
import type { Ledger } from '#main/core/ports/ledger.ts';
import { openLedger } from '#main/ledger/open.ts';
import { environmentNameSchema, runIdSchema, workspaceIdSchema } from '#shared/domain/ids.ts';
import type { ProcessIdentity } from '#shared/domain/processes.ts';

/*
 * A Gantry process as the ledger sees it: reads one command a line on standard input, answers each with one line of
 * JSON. It says `"ready"` first, so that several can be let loose at the same moment.
 */

const commandSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open'), path: z.string() }),
  z.object({ kind: z.literal('request'), workspaceId: workspaceIdSchema, requestIds: z.array(z.string()) }),
  z.object({ kind: z.literal('take-over'), runId: runIdSchema }),
  z.object({ kind: z.literal('append-for-ever'), runId: runIdSchema, token: z.number() }),
  z.object({ kind: z.literal('append'), runId: runIdSchema, token: z.number() }),
  z.object({ kind: z.literal('log'), runId: runIdSchema, lines: z.number(), as: z.string() }),
]);
type Command = z.infer<typeof commandSchema>;

const dev = environmentNameSchema.parse('dev');
const by = { name: 'worker', shell: 'cli' } as const;
const self: ProcessIdentity = { bootId: 'test', pid: process.pid, startTime: '0' };

/** Enough for a test: no pid is used again while it runs. */
function isOwnerAlive({ pid }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

let opened: Ledger | undefined;

function ledger(): Ledger {
  if (opened === undefined) throw new Error('open first');
  return opened;
}

function obey(command: Command): unknown {
  switch (command.kind) {
    case 'open':
      opened = openLedger({ path: command.path, now: Date.now, appVersion: '0.1.0' });
      return opened.facts().schemaVersion;
    case 'request':
      return command.requestIds.map((requestId) => ({
        requestId,
        ...request(command.workspaceId, requestId),
      }));
    case 'take-over':
      // Every heartbeat is stale, so that only the owner's life counts.
      return ledger().leases.takeOver(command.runId, self, Date.now(), -1, isOwnerAlive) ?? null;
    case 'append-for-ever':
      for (;;) console.log(append(command.runId, command.token));
    case 'append':
      return append(command.runId, command.token);
    case 'log':
      for (let line = 1; line <= command.lines; line += 1) {
        const text = `${command.as} ${line}`;
        ledger().logs.append(command.runId, [{ at: 1, step: 'up', source: 'web', level: 'out', text }]);
      }
      return command.lines;
  }
}

function append(runId: z.infer<typeof runIdSchema>, token: number): number {
  return ledger().runs.append(runId, token, Date.now(), { kind: 'step-progressed', step: 'up', text: 'x' }).n;
}

function request(workspaceId: z.infer<typeof workspaceIdSchema>, requestId: string) {
  return ledger().runs.request({
    workspaceId,
    requestId,
    scope: dev,
    owner: self,
    by,
    reason: 'race',
    at: Date.now(),
    staleAfterMs: -1,
    isOwnerAlive,
    event: { kind: 'run-requested', workspaceId, run: 'deploy', environment: dev, steps: [], by },
  });
}

console.log('"ready"');
for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log(JSON.stringify(obey(commandSchema.parse(JSON.parse(line)))));
  } catch (error) {
    console.log(
      JSON.stringify({ error: error instanceof Error ? { ...error, message: error.message } : error }),
    );
  }
}
