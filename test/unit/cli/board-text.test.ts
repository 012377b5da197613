import pc from 'picocolors';
import { expect, it } from 'vitest';
import { boardText } from '#main/shell/cli/text/board-text.ts';
import type { Board } from '#shared/domain/board.ts';
import { chatbot } from '#test/fakes/renderer/chatbot.ts';
import { failureScenarios } from '#test/fakes/renderer/failures.ts';

const text = (board: Board | undefined) =>
  board === undefined ? '' : boardText(board, pc.createColors(false));

it('says who has the lease of an environment and why, and when that was last heard of', () => {
  expect(text(chatbot().board)).toMatch(
    / {2}leased to run 218 \(promote r-8f21c0, by mo in desktop, process 40512\), last heartbeat just now\n/,
  );
});

it('says how each place is of an environment that is several', () => {
  const unreachable = text(failureScenarios['several-unreachable']?.().data.board);
  expect(unreachable).toContain('  eu unreachable: tcp://eu:2376 does not answer; us healthy\n');
  expect(unreachable).toMatch(/^prod .* eu unreachable /m);
  expect(text(failureScenarios['several-apart']?.().data.board)).toContain(
    '  eu healthy, runs 9b1c04e7a2f8; us unhealthy, runs 1fa6d2705be3\n',
  );
});

it('says what a place itself should be known for, but not while a run changes it', () => {
  const { board } = chatbot();
  const known = (wanted: (environment: Board['environments'][number]) => boolean): Board => ({
    ...board,
    environments: board.environments.map((environment) =>
      wanted(environment) && environment.observed.kind === 'running'
        ? { ...environment, observed: { ...environment.observed, notes: ['Auto-deploy is on for shop.'] } }
        : environment,
    ),
  });
  const isChanging = ({ currentRun }: Board['environments'][number]) => currentRun !== undefined;
  expect(text(known((environment) => !isChanging(environment)))).toContain(
    '\n  Auto-deploy is on for shop.\n',
  );
  expect(board.environments.some(isChanging)).toBe(true);
  expect(text(known(isChanging))).not.toContain('Auto-deploy');
});
