import { expect, test } from 'vitest';
import { actionOrder } from '#renderer/features/board/action-order.ts';
import type { BoardEnvironment } from '#shared/domain/board.ts';
import { boardSchema } from '#shared/domain/board.ts';
import { ago, boardInput } from '#test/fakes/renderer/chatbot.ts';

const [dev] = boardSchema.parse(boardInput).environments;
const hold = { reason: 'audit week', by: 'mo', at: ago(0) };

type Changes = Partial<Parameters<typeof actionOrder>[0]>;

function order(environment: Pick<BoardEnvironment, 'hold' | 'state'>, changes: Changes = {}) {
  const usual = {
    isFirst: false,
    standing: 'healthy',
    isAnythingBuilt: true,
    canBuildAgain: false,
  } as const;
  const { main, rest } = actionOrder({ ...usual, ...changes, environment });
  return [main.join(' '), rest.join(' ')];
}

const state = dev?.state ?? expect.unreachable('the fixture changed');

test('a hold keeps new releases out, and the way back stays beside the way to lift it', () => {
  expect(order({ state, hold })).toEqual(['lift rollback', 'deploy']);
  expect(order({ state, hold }, { isFirst: true, canBuildAgain: true })).toEqual([
    'lift rollback',
    'build-again deploy',
  ]);
  expect(order({ hold }), 'nothing is there to go back from').toEqual(['lift', 'deploy']);
});

test('the first environment is deployed to; the others get their release from the left', () => {
  expect(order({ state }, { isFirst: true })).toEqual(['deploy rollback', 'hold']);
  expect(order({ state })).toEqual(['rollback hold', 'deploy']);
  expect(order({}, { isFirst: true, isAnythingBuilt: false })).toEqual(['build-and-deploy', 'hold']);
  expect(order({})).toEqual(['', 'deploy hold']);
});

test('where the target is silent, it is asked again before anything else', () => {
  expect(order({ state }, { standing: 'unreachable' })).toEqual(['observe rollback hold', 'deploy']);
  expect(order({}, { standing: 'partly-unreachable', isFirst: true })).toEqual(['observe deploy', 'hold']);
});
