import { GantryError } from '#shared/domain/errors.ts';
import type { LogLine } from '#shared/domain/run-events.ts';
import type { GantryClient } from '../gantry-client.ts';
import type { CommandContext } from './command-context.ts';
import { type ExitCode, exitCodeOfOutcome, exitCodes } from './exit-codes.ts';
import { followRun } from './follow-run.ts';
import { plain } from './text/format.ts';

const batch = 5_000;
/** How often a running run's log is asked for, in ms. */
const pollMs = 250;

export type LogOptions = { readonly follow?: boolean; readonly step?: string };

/** Following ends with the run, and with its exit code; reading ends with 0. */
export async function printLog(
  context: CommandContext,
  named: number | undefined,
  { follow, step }: LogOptions,
): Promise<ExitCode> {
  const { session, terminal, json } = context;
  const workspace = await session.workspace();
  const client = await session.client();
  const runId = named ?? (await newestRun(client, workspace.id));
  const wanted = (line: LogLine) => step === undefined || line.step === step;
  if (follow === true) {
    const onLine = (line: LogLine) =>
      terminal.out(json ? `${JSON.stringify(line)}\n` : logText(line, terminal.style.red));
    return followLog(context, client, { workspaceId: workspace.id, runId }, (line) => {
      if (wanted(line)) onLine(line);
    });
  }
  const lines: LogLine[] = [];
  let page = await client.runs.log({ runId, from: 1, limit: batch });
  for (;;) {
    for (const line of page.lines.filter(wanted)) {
      if (json) lines.push(line);
      else terminal.out(logText(line, terminal.style.red));
    }
    const next = (page.lines.at(-1)?.n ?? page.total) + 1;
    if (page.lines.length === 0 || next > page.total) break;
    page = await client.runs.log({ runId, from: next, limit: batch });
  }
  if (json)
    terminal.out(`${JSON.stringify({ runId, total: page.total, ended: page.ended, lines }, null, 2)}\n`);
  return exitCodes.done;
}

async function newestRun(client: GantryClient, workspaceId: string): Promise<number> {
  const [run] = await client.runs.list({ workspaceId, limit: 1 });
  if (run === undefined) {
    throw new GantryError(
      'run-unknown',
      'Nothing has run in this workspace yet.',
      'gantry build starts a first run.',
    );
  }
  return run.id;
}

async function followLog(
  { terminal }: CommandContext,
  client: GantryClient,
  { workspaceId, runId }: { readonly workspaceId: string; readonly runId: number },
  onLine: (line: LogLine) => void,
): Promise<ExitCode> {
  let from = 1;
  for (;;) {
    // Log text has no push: streams have no backpressure, so it is pulled in batches.
    const page = await client.runs.log({ runId, from, limit: batch });
    for (const line of page.lines) onLine(line);
    from = (page.lines.at(-1)?.n ?? from - 1) + 1;
    if (page.ended && from > page.total) break;
    if (page.lines.length < batch) await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  for await (const { view } of followRun(client, { workspaceId, runId }, new AbortController().signal)) {
    if (view.state === 'running') continue;
    terminal.bell();
    return exitCodeOfOutcome(view.state);
  }
  return exitCodes.done;
}

function logText({ text, level }: LogLine, red: (text: string) => string): string {
  const shown = plain(text);
  return `${level === 'err' ? red(shown) : shown}\n`;
}
