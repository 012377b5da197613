import { ORPCError } from '@orpc/client';
import { describe, expect, it } from 'vitest';
import { toGantryError } from '#main/shell/client-error.ts';
import { createInProcessClient } from '#main/shell/in-process-client.ts';
import { GantryError, toErrorDetail } from '#shared/domain/errors.ts';
import { runEvents, sampleBoard } from './samples.ts';
import { createScriptedGantry, type Script } from './scripted-gantry.ts';

async function failureOf(script: Partial<Script>, seen?: unknown[]): Promise<unknown> {
  const { router } = createScriptedGantry(script);
  const { client, close } = createInProcessClient(router, (error) => seen?.push(error));
  try {
    return await client.board.get({ workspaceId: 'w-1' }).then(
      () => undefined,
      (error: unknown) => error,
    );
  } finally {
    close();
  }
}

const problems = [{ file: 'gantry.yml', line: 1, column: 2, what: 'wrong', hint: 'right' }];

describe('what goes through the door', () => {
  it('an expected error arrives as it was thrown', async () => {
    const thrown = new GantryError('config-invalid', 'It is wrong.', 'Mend it.', { problems });
    const failure = toGantryError(
      await failureOf({
        board: () => {
          throw thrown;
        },
      }),
    );
    expect(toErrorDetail(failure)).toEqual(toErrorDetail(thrown));
  });

  it('a bug arrives without what it said, which only the owner hears', async () => {
    const seen: unknown[] = [];
    const bug = new Error('password=hunter2');
    const failure = await failureOf(
      {
        board: () => {
          throw bug;
        },
      },
      seen,
    );
    expect(JSON.stringify(failure)).not.toContain('hunter2');
    expect(toGantryError(failure)).toMatchObject({ code: 'internal', message: 'Internal server error' });
    expect(seen).toEqual([bug]);
  });

  it('an answer that breaks the contract does not arrive', async () => {
    const board = () => ({ ...sampleBoard(), environments: 'none' }) as never;
    expect(toGantryError(await failureOf({ board })).code).toBe('internal');
  });

  it('a question that breaks the contract is the asker’s mistake', async () => {
    const { client, close } = createInProcessClient(createScriptedGantry().router);
    const failure = await client.workspaces.open({ folder: '' }).catch(toGantryError);
    close();
    expect(failure).toMatchObject({ code: 'usage', message: expect.stringContaining('folder: ') });
  });
});

it('a stream ends when its reader stops, and the process may go', async () => {
  const { router } = createScriptedGantry({ events: runEvents('succeeded') });
  const { client, close } = createInProcessClient(router);
  const kinds: string[] = [];
  for await (const event of await client.live({ workspaceId: 'w-1' })) {
    kinds.push(event.kind);
    if (kinds.length === 2) break;
  }
  expect(kinds).toEqual(['recorded', 'recorded']);
  close();
});

it('anything else is a bug with its own words', () => {
  expect(toGantryError(new Error('odd'))).toMatchObject({ code: 'internal', message: 'odd' });
  expect(toGantryError('odd')).toMatchObject({ code: 'internal', message: 'odd' });
  expect(toGantryError(new ORPCError('GANTRY', { data: { code: 'unheard-of' } }))).toMatchObject({
    code: 'internal',
  });
});
