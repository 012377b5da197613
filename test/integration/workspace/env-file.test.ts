// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of an env file
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import * as z from 'zod';
import { parseEnvFile } from '#main/workspace/env-file.ts';
import { testEngine } from '#test/engine/for-tests.ts';

const run = promisify(execFile);
const shown = z.object({
  services: z.object({ x: z.object({ environment: z.record(z.string(), z.string()) }) }),
});

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-env-'));
  writeFileSync(join(folder, 'compose.yml'), 'services: { x: { image: x, env_file: [test.env] } }\n');
});

afterEach(() => rmSync(folder, { recursive: true }));

/** The env as Compose itself reads the file. */
async function asCompose(text: string): Promise<Record<string, string>> {
  writeFileSync(join(folder, 'test.env'), text);
  const { stdout } = await run(
    'docker',
    ['compose', '--file', join(folder, 'compose.yml'), 'config', '--format', 'json'],
    {
      env: { ...process.env, ...testEngine().env },
    },
  );
  const { environment } = shown.parse(JSON.parse(stdout)).services.x;
  return Object.fromEntries(
    Object.entries(environment).map(([key, value]) => [key, value.replaceAll('$$', '$')]),
  );
}

function asGantry(text: string): Record<string, string> {
  const { entries, problems } = parseEnvFile('test.env', text);
  expect(problems).toEqual([]);
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}

const cases = [
  'A=b',
  'A= b ',
  'A = b',
  'A=',
  'A=b # c',
  'A=b#c',
  'A=b\t# c',
  'A=# c',
  'A= # c',
  'A=  #c',
  'A=x\t # c',
  'A.B-C=d',
  'A=b=c',
  'A=b c  d',
  'export A=b',
  'export\tA=b',
  '  A=b',
  `A='b # c'`,
  `A='b\\n"c"'`,
  `A="b # c"`,
  `A="b 'c'"`,
  'A="b\\nc"',
  'A="b\\"c\\""',
  'A="b\\\\c"',
  'A="b\nc"',
  `A='b\nc'`,
  `A="b" # c`,
  `A=''`,
  `A=""`,
  `A=b"c`,
  `A=it's`,
  'A=grüße',
  'A=https://u:p@h/?a=b&c=d',
  '# A=1\n\nA=2\n',
  'A=1\nA=2',
  'A=1\r\nB=2\r\n',
  '\uFEFFA=1',
  `A='pa$$word \${X}'`,
] as const;

it.each(cases.map((text) => [text]))('reads %j as Compose does', async (text) => {
  expect(asGantry(text)).toEqual(await asCompose(text));
});

it('takes $ literally, where Compose would interpolate', async () => {
  const text = 'A=1\nB=x$A\nC="y${A}"\n';
  expect(asGantry(text)).toEqual({ A: '1', B: 'x$A', C: 'y${A}' });
  expect(await asCompose(text)).toEqual({ A: '1', B: 'x1', C: 'y1' });
});
