import { expect, it } from 'vitest';
import type { Container } from '#main/core/ports.ts';
import { verifyImage } from '#main/targets/compose/image-steps.ts';
import { container, stopped } from './containers.ts';
import { ioAt } from './io.ts';

const action = { kind: 'verify', project: 'shop-dev', release: 'r-1a2b3c', imageId: 'sha256:1' } as const;

async function verify(...containers: readonly Container[]) {
  const outputs = [];
  for await (const output of verifyImage(
    action,
    ioAt(() => containers),
  ))
    outputs.push(output);
  return outputs;
}

it.each([
  ['one', [container()], 'web verified as 1'],
  [
    'two services and a finished one-shot',
    [container(), container({ service: 'api' }), container({ service: 'm', ...stopped(0) })],
    'web, api verified as 1',
  ],
  [
    'one beside another image',
    [container(), container({ service: 'db', release: undefined, imageId: 'sha256:2' })],
    'web verified as 1',
  ],
])('is content with %s', async (_name, containers, detail) => {
  const outputs = await verify(...containers);
  expect(outputs.map((output) => output.kind)).toEqual(['observed', 'end']);
  expect(outputs[1]).toMatchObject({ outcome: 'succeeded', detail });
});

it.each([
  [
    'another image under the same label',
    [container(), container({ id: '2', imageId: 'sha256:2' })],
    'web runs sha256:2, not sha256:1 of r-1a2b3c.',
  ],
  [
    'another release of the same image',
    [container({ release: 'r-0a0b0c' })],
    'web runs sha256:1, not sha256:1 of r-1a2b3c.',
  ],
  ['one that stopped', [container(stopped(0))], 'Nothing in shop-dev runs the release.'],
  ['none', [], 'Nothing in shop-dev runs the release.'],
])('says no to %s', async (_name, containers, message) => {
  expect((await verify(...containers)).at(-1)).toMatchObject({
    outcome: 'failed',
    error: { code: 'target-refused', message },
  });
});
