import { expect, test } from 'vitest';
import type { Board } from '#shared/domain/board.ts';
import { placesOf } from '#shared/domain/places.ts';
import { failureScenarios } from '#test/fakes/renderer/failures.ts';

function board(scenario: string): Board {
  const made = failureScenarios[scenario]?.();
  if (made === undefined) throw new Error(`no scenario ${scenario}`);
  return made.data.board;
}
const prod = (scenario: string) => {
  const found = board(scenario).environments.find(({ name }) => name === 'prod');
  if (found === undefined) throw new Error('the fixture changed');
  return found;
};

test('each place of an environment that is several, and what it runs where they differ', () => {
  expect(placesOf(prod('several'))).toEqual([
    { name: 'eu', health: 'healthy', state: 'running' },
    { name: 'us', health: 'healthy', state: 'running' },
  ]);
  expect(placesOf(prod('several-apart'))).toEqual([
    { name: 'eu', health: 'healthy', state: 'running', runs: '9b1c04e7a2f8' },
    { name: 'us', health: 'unhealthy', state: 'running', runs: '1fa6d2705be3' },
  ]);
});

test('the worst service speaks for its place, a name goes before a digest, and a place may run nothing', () => {
  const { target, observed } = prod('several-apart');
  if (observed.kind !== 'running') throw new Error('the fixture changed');
  const [eu, us] = observed.services;
  if (eu === undefined || us === undefined) throw new Error('the fixture changed');
  const services = [
    { ...eu, releaseLabel: 'r-8f21c0' },
    { ...eu, name: 'eu/worker', health: 'stopped' as const, state: 'exited (1)', revision: 'chat-00007' },
    { ...us, name: 'us', imageId: '', health: 'stopped' as const, state: 'runs nothing' },
  ];
  expect(placesOf({ target, observed: { ...observed, services } })).toEqual([
    { name: 'eu', health: 'stopped', state: 'exited (1)', runs: 'chat-00007' },
    { name: 'us', health: 'stopped', state: 'runs nothing' },
  ]);
});

test('a place that cannot be asked says why, in its place, and hides no other', () => {
  expect(placesOf(prod('several-unreachable'))).toEqual([
    { name: 'eu', health: 'unknown', state: 'tcp://eu:2376 does not answer', blind: 'unreachable' },
    { name: 'us', health: 'healthy', state: 'running' },
  ]);
});

test('one place is none to tell apart', () => {
  expect(placesOf(prod('failed'))).toEqual([]);
  const { target } = prod('several');
  expect(placesOf({ target, observed: { kind: 'empty', at: prod('failed').observed.at } })).toEqual([]);
});
