// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a dollar is as good a character as any
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Redactor } from '#main/core/ports.ts';
import { createRedactor } from '#main/secrets/redactor.ts';

function knowing(...values: string[]): Redactor {
  const redactor = createRedactor();
  redactor.learn(values);
  return redactor;
}

const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');

describe('a known value', () => {
  const value = 'p@ss/w"ört <1>&\\';

  it.each([
    ['as it is', `x ${value} y`],
    ['in JSON', JSON.stringify({ a: `x${value}y` })],
    [
      'in JSON as Go writes it',
      JSON.stringify(value).replace('<', '\\u003c').replace('>', '\\u003e').replace('&', '\\u0026'),
    ],
    ['in a URL', `https://h/?p=${encodeURIComponent(value)}&x`],
    ['in a form', new URLSearchParams({ p: value }).toString()],
    ['in base64', base64(value)],
    ['in base64url', Buffer.from(value).toString('base64url')],
    ['in base64 behind one byte', base64(`a${value}tail`)],
    ['in base64 behind two bytes', base64(`ab${value}`)],
    ['in base64 behind a user name', base64(`admin:${value}`)],
  ])('is found %s', (_name, text) => {
    const out = knowing(value).redact(text);
    expect(out).toContain('[redacted]');
    for (const form of [value, encodeURIComponent(value), base64(value).slice(4, -4)])
      expect(out).not.toContain(form);
  });

  it('leaves everything around it as it is', () => {
    expect(knowing('hunter2').redact('a hunter2 b hunter2')).toBe('a [redacted] b [redacted]');
  });

  it('shorter than 4 characters is left alone', () => {
    expect(knowing('abc', '1', '').redact('abc 1')).toBe('abc 1');
    expect(knowing('abcd').redact('abcd')).toBe('[redacted]');
  });

  it('that holds another is taken whole, and overlapping ones leave no tail', () => {
    expect(knowing('hunter', 'hunter2-long').redact('hunter2-long hunter3')).toBe('[redacted] [redacted]3');
    expect(knowing('abcdef', 'defghi').redact('abcdefghi')).toBe('[redacted]');
  });

  it('of thousands of lines is found line by line, without an error that would repeat it', () => {
    const lines = Array.from({ length: 5_000 }, (_, n) => base64(`the ${n}th line of a large key file`));
    const redactor = knowing(lines.join('\n'));
    expect(redactor.redact(`> ${lines[4_999]} <`)).toBe('> [redacted] <');
    expect(redactor.redact('nothing of it')).toBe('nothing of it');
  });

  it('of several lines is found whole and line by line, and leaves as many lines', () => {
    const redactor = knowing('first line\nxy\r\n  third line  \n');
    expect(redactor.redact('first line')).toBe('[redacted]');
    expect(redactor.redact('> third line <')).toBe('> [redacted] <');
    expect(redactor.redact('xy')).toBe('xy');
    expect(redactor.redact('a first line\nxy\r\n  third line  \nb').split('\n')).toHaveLength(4);
  });

  it('leaves no line break that makes another of what stands around it', () => {
    // Behind the first, whose line breaks stay, `ab` would read as the second.
    expect(knowing('b\n\n\nb', '\n\n\nab').redact('b\n\n\nbab')).toBe('[redacted]\n\n\n[redacted]ab');
    expect(knowing('key\n').redact('a key\nb')).toBe('a [redacted]\nb');
  });

  it('of blanks alone is none: it would take all indentation', () => {
    expect(knowing('    ', '\n\n\n\n', ' \t\r\n').redact('a\n\n\n\n    b')).toBe('a\n\n\n\n    b');
  });

  it('may be made of what regular expressions mean something by', () => {
    expect(knowing('.*+?^${}()|[]\\/').redact('a .*+?^${}()|[]\\/ b')).toBe('a [redacted] b');
  });

  it('is only known from when it is learned, and only to its own redactor', () => {
    const redactor = createRedactor();
    expect(redactor.redact('hunter2')).toBe('hunter2');
    redactor.learn(['hunter2']);
    redactor.learn(['other-one']);
    expect(redactor.redact('hunter2 other-one')).toBe('[redacted] [redacted]');
    expect(createRedactor().redact('hunter2')).toBe('hunter2');
  });
});

describe('what has the shape of a secret', () => {
  const hiddenLines = (count: number) => Array.from({ length: count }, () => '[redacted]').join('\n');
  const letters = 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6';
  it.each([
    ['id AKIAIOSFODNN7EXAMPLE.', 'id [redacted].'],
    [`ghp_${letters}`, '[redacted]'],
    [`github_pat_11ABCDEFG0_${letters}`, '[redacted]'],
    [`glpat-${letters.slice(0, 20)}`, '[redacted]'],
    [`npm_${letters}`, '[redacted]'],
    ['xoxb-123456789012-abcdefghij', '[redacted]'],
    ['xoxp-123456789012-abcdefghij', '[redacted]'],
    ['https://hooks.slack.com/services/T0/B0/abc', 'https://hooks.slack.com/services/[redacted]'],
    ['https://discord.com/api/webhooks/12/ab-c_d', 'https://discord.com/api/webhooks/12/[redacted]'],
    [`sk-${letters}`, '[redacted]'],
    [`sk-ant-api03-${letters}`, '[redacted]'],
    [`sk_live_${letters}`, '[redacted]'],
    [`AIza${letters.slice(0, 35)}`, '[redacted]'],
    ['Authorization: Bearer abc.DEF-123_456', 'Authorization: Bearer [redacted]'],
    ['authorization: Basic dXNlcjpwYXNz', 'authorization: Basic [redacted]'],
    ['"Authorization":"token abcdef123456"', '"Authorization":"token [redacted]"'],
    ['-H bearer abcdef123456', '-H bearer [redacted]'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', '[redacted]'],
    ['postgres://user:p@ss:w0rd@db:5432/x', 'postgres://user:[redacted]@db:5432/x'],
    ['redis://:pw@h and amqp://u:x@h', 'redis://:[redacted]@h and amqp://u:[redacted]@h'],
    [
      'https://api.render.com/deploy/srv-abc123?key=XyZ_1',
      'https://api.render.com/deploy/srv-abc123?key=[redacted]',
    ],
    ['/deploy/srv-abc?ref=main&key=XyZ&imgURL=a', '/deploy/srv-abc?ref=main&key=[redacted]&imgURL=a'],
    ['-----BEGIN PRIVATE KEY-----\nabc\ndef\n-----END PRIVATE KEY-----\nrest', `${hiddenLines(4)}\nrest`],
    [
      'a -----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAbC=\n-----END RSA PRIVATE KEY----- b',
      'a [redacted]\n[redacted]\n\n[redacted]\n[redacted] b',
    ],
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nabcd', hiddenLines(2)],
    [
      '{"k":"-----BEGIN EC PRIVATE KEY-----\\nabc\\n-----END EC PRIVATE KEY-----\\n"}',
      '{"k":"[redacted]\\n"}',
    ],
  ])('%s', (text, out) => {
    expect(createRedactor().redact(text)).toBe(out);
  });

  it.each([
    `sha256:${'ab12'.repeat(16)}`,
    '0123456789abcdef0123456789abcdef01234567',
    'task-abcdefghijklmnopqrstuvwxyz1234',
    'https://example.com:8080/path?key=value',
    'mail me@example.com at 10:30',
    'git@github.com:owner/repo.git',
    'http://localhost:18081/healthz',
    'basic authentication failed',
    '-----BEGIN CERTIFICATE-----',
    '-----BEGIN PUBLIC KEY-----',
    'MAKIAVELLI',
    '#12 [rules 4/4] RUN --mount=type=cache,id=x sh build.sh',
  ])('%s is none', (text) => {
    expect(createRedactor().redact(text)).toBe(text);
  });
});

describe('redactDeep', () => {
  it('reaches every string in plain data, keys included, and leaves the rest', () => {
    const bytes = Uint8Array.of(1);
    const data = { a: ['hunter2', 1, null, true, undefined], hunter2: { b: 'x hunter2' }, bytes };
    const out: unknown = knowing('hunter2').redactDeep(data);
    expect(out).toEqual({
      a: ['[redacted]', 1, null, true, undefined],
      '[redacted]': { b: 'x [redacted]' },
      bytes,
    });
    expect(data.a[0]).toBe('hunter2');
  });
});

it('no text ever still holds a value that was learned', () => {
  const value = fc.string({
    minLength: 4,
    maxLength: 12,
    unit: fc.constantFrom('a', 'b', '\n', ' ', '$', '['),
  });
  const isSecret = (text: string) => text.trim() !== '';
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 4 }),
      fc.string(),
      fc.string(),
      (values, before, after) => {
        const out = knowing(...values).redact(`${before}${values.join(before)}${after}`);
        const visible = out.split('[redacted]').join('\u0000');
        return values.filter(isSecret).every((secret) => !visible.includes(secret));
      },
    ),
    // By chance they failed once in some thousand.
    { numRuns: 20_000 },
  );
});

it('lines of any length take time in proportion', () => {
  const redactor = knowing(...Array.from({ length: 50 }, (_, index) => `secret-value-${index}`));
  const hostile = [
    'a',
    '://a:',
    'Bearer ',
    'eyJ',
    'sk-a-',
    'secret-value-',
    '-----BEGIN PRIVATE KEY-----',
    '?&key',
  ];
  for (const unit of hostile) {
    const startedAt = performance.now();
    redactor.redact(unit.repeat(Math.ceil(1_000_000 / unit.length)));
    // Far more than it takes (about 40 ms), far less than anything quadratic would.
    expect(performance.now() - startedAt, unit).toBeLessThan(3_000);
  }
});
