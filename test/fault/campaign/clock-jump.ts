/**
 * `--import=…/clock-jump.ts?file=…`: the clock of the program that follows is off by as many ms as the file says, and
 * jumps when the file changes.
 */
import { readFileSync } from 'node:fs';

const file = new URL(import.meta.url).searchParams.get('file') ?? '';
const realNow = Date.now;
let offMs = 0;

function look(): void {
  offMs = Number(readFileSync(file, 'utf8'));
}

look();
setInterval(look, 10).unref();
Date.now = () => realNow() + offMs;
