import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLiveRegion } from '#main/shell/cli/live-region.ts';
import { createTerminal } from '#main/shell/cli/terminal.ts';

function terminalWith(options: { isTTY?: boolean; color?: boolean; env?: Record<string, string> }) {
  const written = { text: '' };
  const stdout = Object.assign(
    new PassThrough(),
    options.isTTY === true ? { isTTY: true, columns: 20, rows: 4 } : {},
  );
  stdout.on('data', (chunk) => {
    written.text += String(chunk);
  });
  const stdin = Object.assign(new PassThrough(), { isTTY: options.isTTY ?? false });
  const terminal = createTerminal({
    stdin: () => stdin,
    stdout,
    stderr: stdout,
    env: options.env ?? {},
    color: options.color ?? true,
  });
  return { terminal, stdin, written };
}

describe('colours', () => {
  it.each([
    ['a terminal', { isTTY: true }, true],
    ['a pipe', {}, false],
    ['a dumb terminal', { isTTY: true, env: { TERM: 'dumb' } }, false],
    ['--no-color', { isTTY: true, color: false }, false],
    ['NO_COLOR', { isTTY: true, env: { NO_COLOR: '1' } }, false],
    ['an empty NO_COLOR', { isTTY: true, env: { NO_COLOR: '' } }, true],
    ['FORCE_COLOR in a pipe', { env: { FORCE_COLOR: '1' } }, true],
    ['FORCE_COLOR=0', { isTTY: true, env: { FORCE_COLOR: '0' } }, false],
    ['NO_COLOR against FORCE_COLOR', { env: { NO_COLOR: '1', FORCE_COLOR: '1' } }, false],
  ])('%s', (_case, options, coloured) => {
    expect(terminalWith(options).terminal.style.red('x')).toBe(coloured ? '\u001b[31mx\u001b[39m' : 'x');
  });
});

it('rings only where somebody hears it', () => {
  const pipe = terminalWith({});
  pipe.terminal.bell();
  expect(pipe.written.text).toBe('');
  const terminal = terminalWith({ isTTY: true });
  terminal.terminal.bell();
  expect(terminal.written.text).toBe('\u0007');
});

it('an input that ends is no answer', async () => {
  const { terminal, stdin } = terminalWith({ isTTY: true });
  stdin.end();
  expect(await terminal.ask('Well? ')).toBeUndefined();
});

describe('the live region', () => {
  it('draws over itself, never wraps, and never grows higher than the screen', () => {
    const { terminal, written } = terminalWith({ isTTY: true });
    const region = createLiveRegion(terminal);
    region.draw(['one', 'a line that is much too long']);
    region.draw(['1', '2', '3', '4', '5']);
    region.settle(['done']);
    region.draw(['next']);
    expect(written.text).toBe(
      [
        '\r\u001b[0Jone\na line that is much…\n',
        '\r\u001b[2A\u001b[0J3\n4\n5\n',
        '\r\u001b[3A\u001b[0Jdone\n',
        '\r\u001b[0Jnext\n',
      ].join(''),
    );
  });
});
