import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { browserLaunch } from '#main/shell/cli/browser.ts';
import type { CliWorld, Launch } from '#main/shell/cli/command-context.ts';
import { callsOf, type RunOptions, runGantry } from './run-gantry.ts';
import { sampleWorkspace } from './samples.ts';

let folder = '';
let launched: Launch[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-open-'));
  await mkdir(join(folder, 'dist', 'renderer'), { recursive: true });
  await writeFile(join(folder, 'dist', 'renderer', 'index.html'), 'the app');
  launched = [];
});
afterEach(() => rm(folder, { recursive: true }));

const display = { DISPLAY: ':0' };
const url = 'http://127.0.0.1:1/api/session?token=secret';

function world(changes: Partial<CliWorld> = {}): Partial<CliWorld> {
  return {
    packageFolder: folder,
    env: display,
    launch: async (launch) => {
      launched.push(launch);
      return true;
    },
    ...changes,
  };
}

async function withElectron(): Promise<string> {
  const electron = join(folder, 'node_modules', 'electron');
  await mkdir(electron, { recursive: true });
  await writeFile(join(electron, 'path.txt'), 'electron');
  return join(electron, 'dist', 'electron');
}

/** Presses Ctrl-C once, as soon as that was printed. */
function pressAfter(text: string): NonNullable<RunOptions['onOutput']> {
  let isPressed = false;
  return (everything, interrupt) => {
    if (isPressed || !everything.includes(text)) return;
    isPressed = true;
    interrupt();
  };
}

describe('gantry open', () => {
  it('opens the desktop window where its runtime lies, with the workspace', async () => {
    const program = await withElectron();
    const run = await runGantry(['open', 'sub'], { world: world() });
    expect(launched).toEqual([{ argv: [program, join(folder, 'dist/desktop/main.js'), '/w/chatbot/sub'] }]);
    expect(run).toMatchObject({ code: 0, stdout: 'Opened the desktop window.\n' });
  });

  it.each([
    ['without the runtime', async () => undefined, world],
    ['without a display', withElectron, () => world({ env: {} })],
  ])('%s serves the same app', async (_case, prepare, worldOf) => {
    await prepare();
    const run = await runGantry(['open', '/w/chatbot'], {
      world: worldOf(),
      onOutput: pressAfter('Ctrl-C stops.'),
    });
    expect(run.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/session\?token=[\w-]{43}\n$/);
    expect(callsOf(run, 'workspaces.open')).toEqual([{ folder: '/w/chatbot', git: false }]);
    expect(run.code).toBe(0);
  });

  it('shows the browser a link of its own', async () => {
    const run = await runGantry(['open', '--browser'], {
      world: world(),
      onOutput: pressAfter('Ctrl-C stops.'),
    });
    const shown = launched[0]?.argv[1] ?? '';
    expect(launched[0]?.argv[0]).toBe('xdg-open');
    expect(shown).toMatch(/^http:\/\/127\.0\.0\.1:/);
    expect(run.stdout).not.toContain(shown);
  });

  it('says what to do where the pages are not built', async () => {
    await rm(join(folder, 'dist'), { recursive: true });
    const run = await runGantry(['serve'], { world: world() });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('npm run build');
  });
});

describe('gantry serve', () => {
  it('with --json prints where it is', async () => {
    const run = await runGantry(['serve', '--json'], {
      world: world(),
      onOutput: pressAfter('}'),
    });
    const { url: link, origin } = JSON.parse(run.stdout);
    expect(link.startsWith(`${origin}/api/session?token=`)).toBe(true);
  });

  it('shows the workspace that -C names, and trusts it where that is said', async () => {
    const run = await runGantry(['-C', '/other', '--trust', 'serve', '--json'], {
      workspace: sampleWorkspace({ trusted: false }),
      world: world(),
      onOutput: pressAfter('}'),
    });
    expect(callsOf(run, 'workspaces.open')).toEqual([{ folder: '/other', git: false }]);
    expect(callsOf(run, 'workspaces.trust')).toHaveLength(1);
  });

  it('tells which runs it waits for', async () => {
    const run = await runGantry(['serve'], {
      world: world(),
      active: [3, 4],
      onOutput: pressAfter('Ctrl-C stops.'),
    });
    expect(run.stderr).toContain('Waiting for runs 3, 4. Ctrl-C again leaves at once.');
  });
});

describe('the link’s secret', () => {
  it('is in no argument where stdin can carry it', () => {
    const launch = browserLaunch({ platform: 'darwin', env: {} }, url);
    expect(launch?.argv.join(' ')).not.toContain('secret');
    expect(launch?.stdin).toContain(url);
  });

  it('needs a display on Linux', () => {
    expect(browserLaunch({ platform: 'linux', env: {} }, url)).toBeUndefined();
    expect(browserLaunch({ platform: 'linux', env: { WAYLAND_DISPLAY: 'w' } }, url)?.argv).toEqual([
      'xdg-open',
      url,
    ]);
  });
});
