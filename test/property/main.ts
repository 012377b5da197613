/** `node test/property/main.ts [count [seed]]`: generated contexts, ours against `docker buildx build`. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { startEngine } from '#test/engine/start.ts';
import { compare, describeCase, ignoreCase } from './ignore-case.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

async function main(count: number, seed: number): Promise<number> {
  const engine = await startEngine({ prefer: 'own', say });
  const env = { ...process.env, ...engine.env };
  let [equal, refused, failed] = [0, 0, 0];
  try {
    for (const each of fc.sample(ignoreCase, { numRuns: count, seed })) {
      const { ours, theirs } = await compare(each, env);
      if (!isDeepStrictEqual(ours, theirs)) {
        failed += 1;
        say(
          `different: ${describeCase(each)}\n  ours   ${JSON.stringify(ours)}\n  theirs ${JSON.stringify(theirs)}`,
        );
      } else if (theirs.kind === 'refused') refused += 1;
      else equal += 1;
    }
  } finally {
    await engine.stop();
  }
  say(`property ignore (seed ${seed}): ${equal} sent alike, ${refused} refused alike, ${failed} different`);
  say(`${equal + refused} passed, ${failed} failed`);
  return failed === 0 && equal > count / 2 ? 0 : 1;
}

const [count = '1000', seed = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2);
process.exitCode = await main(Number(count), Number(seed));
