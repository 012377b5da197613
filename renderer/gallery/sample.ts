import type { LogLine } from '../ui/virtual-log.tsx';

/** The moment the pictures show: 12 March 2026, 14:32:19. */
export const NOW = new Date(2026, 2, 12, 14, 32, 19).getTime();

export const ago = (minutes: number): number => NOW - minutes * 60_000;

const digests = {
  dev: 'sha256:9b1c04e7a2f80d6a1b7e4c9f3a52d8e60c7b41f29a8d3e5c6f70b1928374a5d6',
  staging: 'sha256:c4e81d09b37f5a20e6c1d8b7a3f4092e1c5d6b7a8f90e1d2c3b4a5968778d94b',
  prod: 'sha256:1fa6d2705be36c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f5',
} as const;

export const sampleDigests = digests;

const started = new Date(2026, 2, 12, 14, 41, 8).getTime();

/** A log as of a container that keeps dying, `count` lines long. */
export function sampleLine(index: number): LogLine {
  const at = started + index * 130;
  const turn = index % 8;
  const from = (source: string, text: string, level?: 'error' | 'dim'): LogLine => ({
    n: index + 1,
    at,
    source,
    text,
    ...(level ? { level } : {}),
  });
  switch (turn) {
    case 0:
      return from('gantry', 'GET http://127.0.0.1:8080/healthz: connection refused');
    case 1:
      return from('web', '{"level":"info","msg":"starting","release":"r-a94e55","node":"v22.9.0"}');
    case 2:
      return from('web', '{"level":"info","msg":"redis connected","ms":4}');
    case 3:
      return from('web', 'Error: REDIS_TYPING_URL is not set', 'error');
    case 4:
      return from('web', '    at required (/app/dist/config.js:41:9)', 'dim');
    case 5:
      return from('web', '    at loadConfig (/app/dist/config.js:63:17)', 'dim');
    case 6:
      return from('gantry', `web exited with code 1, compose restarts it (${index % 9} of 9)`);
    default:
      return from(
        'gantry',
        `a long line that must wrap or be cut: ${'the quick brown crane lifts a container over the quay '.repeat(5)}`,
      );
  }
}
