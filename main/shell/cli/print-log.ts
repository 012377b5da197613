import { GantryError } from '#shared/domain/errors.ts';
import type { LogLine } from '#shared/domain/run-events.ts';
import { foldRun, type RunView } from '#shared/domain/run-reducer.ts';
import type { GantryClient } from '../gantry-client.ts';
import type { CommandContext } from './command-context.ts';
import { type ExitCode, exitCodeOfOutcome, exitCodes } from './exit-codes.ts';
import { followRun } from './follow-run.ts';
import { plain } from './text/format.ts';
import { healthLines } from './text/run-text.ts';

const batch = 5_000;
/** How long a running run may be silent before its log is asked for anew, in ms. */
const waitMs = 10_000;

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
  const wanted: Wanted = (part) => step === undefined || part.step === step;
  if (follow !== true) return readLog(context, client, runId, wanted);
  const onLine = (line: LogLine) =>
    terminal.out(json ? `${JSON.stringify(line)}\n` : logText(line, terminal.style.red));
  const view = await followLog(client, { workspaceId: workspace.id, runId }, (line) => {
    if (wanted(line)) onLine(line);
  });
  if (!json) printHealth(context, view, wanted);
  if (view === undefined || view.state === 'running') return exitCodes.done;
  terminal.bell();
  return exitCodeOfOutcome(view.state);
}

/** Of a line, or of what else a step left; with `--step` only of that one. */
type Wanted = (part: { readonly step?: string | undefined }) => boolean;

async function readLog(
  context: CommandContext,
  client: GantryClient,
  runId: number,
  wanted: Wanted,
): Promise<ExitCode> {
  const { terminal, json } = context;
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
  const view = foldRun((await client.runs.get({ runId })).events);
  if (json) {
    const health = (view?.probes ?? []).filter(wanted).map(({ samples: _samples, ...counts }) => counts);
    const { total, ended } = page;
    terminal.out(`${JSON.stringify({ runId, total, ended, lines, health }, null, 2)}\n`);
  } else printHealth(context, view, wanted);
  return exitCodes.done;
}

function printHealth({ terminal }: CommandContext, view: RunView | undefined, wanted: Wanted): void {
  if (view === undefined) return;
  const probes = view.probes.filter(wanted);
  for (const text of healthLines({ ...view, probes })) terminal.out(`${terminal.style.dim(text)}\n`);
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
  client: GantryClient,
  { workspaceId, runId }: { readonly workspaceId: string; readonly runId: number },
  onLine: (line: LogLine) => void,
): Promise<RunView | undefined> {
  let from = 1;
  for (;;) {
    // Log text has no push: streams have no backpressure, so it is pulled in batches.
    const page = await client.runs.log({ runId, from, limit: batch, waitMs });
    for (const line of page.lines) onLine(line);
    from = (page.lines.at(-1)?.n ?? from - 1) + 1;
    if (page.ended && from > page.total) break;
  }
  let last: RunView | undefined;
  for await (const { view } of followRun(client, { workspaceId, runId }, new AbortController().signal))
    last = view;
  return last;
}

function logText({ text, level }: LogLine, red: (text: string) => string): string {
  const shown = plain(text);
  return `${level === 'err' ? red(shown) : shown}\n`;
}
