import { expect, test } from 'vitest';
import { namedCommand } from '#main/shell/cli/named-command.ts';
import { createProgram } from '#main/shell/cli/program.ts';

const terminal = { out: () => {}, err: () => {}, columns: () => 80 };
const program = createProgram({ version: '1', action: async () => {}, terminal });

test.each([
  [['deploy', 'prod'], 'deploy'],
  [['-C', 'prod', '--json', 'status'], 'status'],
  [['--workspace=prod', 'status', '-C', 'build'], 'status'],
  [['-C', 'prod'], ''],
  [['--help'], ''],
  [[], ''],
])('%j names %j', (argv, command) => {
  expect(namedCommand(argv)).toBe(command);
});

test('the value of no option is taken for a command', () => {
  const withValue = program.options.filter(({ required, optional }) => required || optional);
  expect(withValue).not.toEqual([]);
  for (const { short, long } of withValue) {
    for (const flag of [short, long])
      if (flag !== undefined) expect(namedCommand([flag, 'build', 'status'])).toBe('status');
  }
});
