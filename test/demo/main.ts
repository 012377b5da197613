import { existsSync } from 'node:fs';
import { builtGantry } from '#test/built-parts.ts';
import { type ChatbotWorkspace, createChatbotWorkspace, environments } from '#test/chatbot-workspace.ts';
import { baseImage } from '#test/engine/base-image.ts';
import type { Engine } from '#test/engine/engine.ts';
import { run } from '#test/engine/process.ts';
import { definedOnly } from '#test/engine/reachable.ts';
import { removeProjects } from '#test/engine/remove-projects.ts';
import { startEngine } from '#test/engine/start.ts';
import { createCli } from './gantry-cli.ts';
import { type Told, tell } from './story.ts';

const staysOpen = !process.argv.includes('--exit');
const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.abort());

async function main(): Promise<number> {
  if (!existsSync(builtGantry)) {
    say('Gantry is not built: run `npm ci` (or `npm run build`) first.');
    return 2;
  }
  let engine: Engine | undefined;
  let workspace: ChatbotWorkspace | undefined;
  try {
    engine = await startEngine({ prefer: 'reachable', say });
    workspace = await createChatbotWorkspace('gantry-demo');
    return await perform(engine, workspace);
  } catch (error) {
    say(`demo: failed: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof Error && 'hint' in error) say(String(error.hint));
    return stopped.signal.aborted ? 130 : 1;
  } finally {
    if (engine !== undefined && workspace !== undefined) await cleanUp(engine, workspace);
    await engine?.stop();
  }
}

async function perform(engine: Engine, workspace: ChatbotWorkspace): Promise<number> {
  const env = { ...definedOnly(process.env), ...engine.env, GANTRY_HOME: workspace.home };
  const cli = createCli(workspace.folder, env, stopped.signal);
  const told = await tell(cli, workspace, engine, (number, of, what) =>
    say(`\n== ${number} of ${of}: ${what}`),
  );
  const verdict = verdictOf(told);
  say(`\n${table(told)}\n`);
  if (verdict.isGood && staysOpen && !stopped.signal.aborted) {
    say(
      `${verdict.text}\nThe app opens on this history now; Ctrl-C ends it and removes everything the demo made.\n`,
    );
    await cli.show(['open']).catch(() => undefined);
  }
  say(verdict.text);
  return verdict.isGood ? 0 : 1;
}

function table(told: readonly Told[]): string {
  const short = (id: string | undefined) => (id === undefined ? 'nothing' : id.slice(7, 19));
  const rows = [
    ['run', 'what', 'outcome', ...environments],
    ...told.map(({ what, outcome, live }, index) => [
      String(index + 1),
      what,
      outcome,
      ...environments.map((name) => short(live[name])),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `What each environment truly runs after each run (image ids from docker inspect):\n${lines.join('\n')}`;
}

const runsInStory = 9;

function verdictOf(told: readonly Told[]): { readonly isGood: boolean; readonly text: string } {
  const wrong = told.flatMap(({ wrong }, index) => wrong.map((what) => `run ${index + 1}: ${what}`));
  if (wrong.length === 0 && told.length === runsInStory) {
    return {
      isGood: true,
      text: `demo: good: ${told.length} runs, the same image in all three environments after each promotion, prod back on the first release`,
    };
  }
  return {
    isGood: false,
    text: `demo: failed after ${told.length} of ${runsInStory} runs: ${wrong.join('; ')}`,
  };
}

/** On a person's own engine only what carries the demo's name is removed. */
async function cleanUp(engine: Engine, workspace: ChatbotWorkspace): Promise<void> {
  const docker = (...args: readonly string[]) =>
    run(engine.dockerBin, args, { env: { ...definedOnly(process.env), ...engine.env } });
  await removeProjects(
    async (...args) => (await docker(...args)).stdout,
    (project) => project.startsWith(`${workspace.name}-`),
  );
  const { stdout } = await docker('images', '--format', '{{.Repository}}:{{.Tag}}', workspace.name);
  const tags = stdout.split('\n').filter(Boolean);
  // Also the base it was built from: a person's engine is left as it was.
  await docker('rmi', ...tags, baseImage);
  await workspace.remove();
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.exitCode = await main();
