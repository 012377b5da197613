import { expect, test } from 'vitest';
import { createDraftsStore } from '#renderer/stores/drafts-store.ts';

function memory(start?: string) {
  const kept = new Map<string, string>(start === undefined ? [] : [['gantry.drafts', start]]);
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}

test('a draft outlives the window that wrote it, and an empty one is gone', () => {
  const storage = memory();
  createDraftsStore(storage).getState().keep('hold:prod', 'Payment freeze');
  const later = createDraftsStore(storage);
  expect(later.getState().drafts).toEqual({ 'hold:prod': 'Payment freeze' });
  later.getState().keep('hold:prod', '');
  expect(createDraftsStore(storage).getState().drafts).toEqual({});
});

test.each(['{', '[1]', '"x"', 'null', '{"a":1}'])('what is no draft is left out: %s', (text) => {
  expect(createDraftsStore(memory(text)).getState().drafts).toEqual({});
});
