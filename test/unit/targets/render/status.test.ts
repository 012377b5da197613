import { expect, it } from 'vitest';
import { isOver, standingOf } from '#main/targets/render/status.ts';

it.each([
  ['created', 'going'],
  ['queued', 'going'],
  ['build_in_progress', 'going'],
  ['pre_deploy_in_progress', 'going'],
  ['update_in_progress', 'going'],
  ['live', 'live'],
  ['deactivated', 'replaced'],
  ['build_failed', 'failed'],
  ['pre_deploy_failed', 'failed'],
  ['update_failed', 'failed'],
  ['canceled', 'canceled'],
  ['something_new', 'going'],
  [undefined, 'going'],
  [null, 'going'],
])('%s is %s', (status, kind) => {
  expect(standingOf(status).kind).toBe(kind);
  expect(isOver(status)).toBe(kind !== 'going');
});
