import * as z from 'zod';
import { boardSchema } from '#shared/domain/board.ts';
import { runSummarySchema } from '#shared/domain/run.ts';
import { type ChatbotWorkspace, type EnvironmentInChatbot, environments } from '#test/chatbot-workspace.ts';
import type { Engine } from '#test/engine/engine.ts';
import { run } from '#test/engine/process.ts';
import { definedOnly } from '#test/engine/reachable.ts';
import type { Cli } from './gantry-cli.ts';

/** What each environment truly runs: read from the engine by docker, never from Gantry. */
export type Live = Readonly<Record<EnvironmentInChatbot, string | undefined>>;

export type Told = {
  readonly what: string;
  readonly exitCode: number;
  readonly outcome: string;
  readonly live: Live;
  /** What was expected after this run and is not so; empty when all is well. */
  readonly wrong: readonly string[];
};

type Step = {
  readonly what: string;
  readonly args: readonly string[];
  readonly before?: () => Promise<void>;
  readonly check: (live: Live) => readonly string[];
};

/** The main job: one release carried all the way, a second one after it, and prod taken back to the first. */
export async function tell(
  cli: Cli,
  workspace: ChatbotWorkspace,
  engine: Engine,
  onStep: (number: number, of: number, what: string) => void,
): Promise<readonly Told[]> {
  const told: Told[] = [];
  const steps = chapters(workspace);
  for (const [index, step] of steps.entries()) {
    await step.before?.();
    onStep(index + 1, steps.length, step.what);
    const exitCode = await cli.show(step.args);
    const [newest] = z.array(runSummarySchema).parse(await cli.json(['history', '--limit', '1']));
    const live = await readLive(workspace, engine);
    const wrong = [
      ...(exitCode === 0 ? [] : [`exit code ${exitCode}`]),
      ...step.check(live),
      ...(await disagreements(cli, live)),
    ];
    told.push({ what: step.what, exitCode, outcome: newest?.state ?? 'no run', live, wrong });
    if (exitCode !== 0) return told;
  }
  return told;
}

function chapters(workspace: ChatbotWorkspace): readonly Step[] {
  let first: string | undefined;
  let second: string | undefined;
  const runs = (live: Live, wished: Live) =>
    environments
      .filter((name) => live[name] !== wished[name])
      .map((name) => `${name} runs ${live[name] ?? 'nothing'}, not ${wished[name] ?? 'nothing'}`);
  const carry = (release: () => string | undefined, older: () => string | undefined): Step[] => [
    {
      what: 'promote to staging',
      args: ['promote', 'staging', '--yes'],
      check: (live) => runs(live, { dev: release(), staging: release(), prod: older() }),
    },
    {
      what: 'promote to prod',
      args: ['promote', 'prod', '--confirm', 'prod'],
      check: (live) => runs(live, { dev: release(), staging: release(), prod: release() }),
    },
  ];
  return [
    {
      what: 'build the first release',
      args: ['build', '--trust'],
      check: (live) => runs(live, { dev: undefined, staging: undefined, prod: undefined }),
    },
    {
      what: 'deploy to dev',
      args: ['deploy', 'dev', '--yes'],
      check: (live) => {
        first = live.dev;
        return first === undefined ? ['dev runs nothing'] : [];
      },
    },
    ...carry(
      () => first,
      () => undefined,
    ),
    {
      what: 'change a line, build the second',
      args: ['build'],
      before: () => workspace.changeALine(),
      check: (live) => runs(live, { dev: first, staging: first, prod: first }),
    },
    {
      what: 'deploy to dev',
      args: ['deploy', 'dev', '--yes'],
      check: (live) => {
        second = live.dev;
        return second === undefined || second === first ? ['dev does not run the second release'] : [];
      },
    },
    ...carry(
      () => second,
      () => first,
    ),
    {
      what: 'roll prod back',
      args: ['rollback', 'prod', '--confirm', 'prod', '--note', 'The demo goes back to its first release'],
      check: (live) => runs(live, { dev: second, staging: second, prod: first }),
    },
  ];
}

/** `gantry status --json` must say the same as docker. */
async function disagreements(cli: Cli, live: Live): Promise<readonly string[]> {
  const board = boardSchema.parse(await cli.json(['status']));
  return environments.flatMap((name) => {
    const { observed } = board.environments.find((environment) => environment.name === name) ?? {};
    const said = observed?.kind === 'running' ? observed.services[0]?.imageId : undefined;
    return said === live[name] ? [] : [`gantry status says that ${name} runs ${said ?? 'nothing'}`];
  });
}

async function readLive(workspace: ChatbotWorkspace, engine: Engine): Promise<Live> {
  const read = async (environment: EnvironmentInChatbot) => {
    const docker = (...args: readonly string[]) =>
      run(engine.dockerBin, args, { env: { ...definedOnly(process.env), ...engine.env } });
    const label = `label=com.docker.compose.project=${workspace.name}-${environment}`;
    const { stdout } = await docker('ps', '--quiet', '--no-trunc', '--filter', label);
    const [container] = stdout.split('\n').filter(Boolean);
    if (container === undefined) return undefined;
    return (await docker('inspect', '--format', '{{.Image}}', container)).stdout.trim();
  };
  const [dev, staging, prod] = await Promise.all(environments.map(read));
  return { dev, staging, prod };
}
