import { randomBytes } from 'node:crypto';
import type { Randomness } from '#main/core/ports.ts';

export function createRandomness(): Randomness {
  return { hex: (bytes) => randomBytes(bytes).toString('hex') };
}
