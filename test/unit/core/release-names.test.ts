import { describe, expect, test } from 'vitest';
import { plainNames } from '#main/core/build/tags.ts';
import { releaseIdSchema } from '#shared/domain/ids.ts';
import type { Source } from '#shared/domain/release.ts';

const commit = { sha: '3f2c1a9d'.padEnd(40, '0'), subject: 's', author: 'mo', at: 0 };
const clean: Source = { commit, uncommittedFiles: 0 };
const dirty: Source = { commit, uncommittedFiles: 2, uncommittedHash: 'ab'.repeat(32) };

describe('tags', () => {
  const id = releaseIdSchema.parse('r-8f21c0');
  const built = (version: string, source: Source) => ({
    id,
    version,
    source,
    builtAt: Date.UTC(2026, 10, 21),
  });
  const usual = { release: ['{{version}}', '{{commit}}'], immutable: [], moving: [] };

  test('the release’s own comes first, and a dirty build does not take the commit’s', () => {
    const names = (version: string, source: Source) =>
      plainNames({ image: 'chatbot', tags: usual }, built(version, source));
    expect(names('1.4.2', clean)).toEqual(['chatbot:r-8f21c0', 'chatbot:1.4.2', 'chatbot:3f2c1a9']);
    expect(names('1.4.2-dirty', dirty)).toContain('chatbot:3f2c1a9-dirty');
  });

  test('gantry.yml says which others', () => {
    const tags = { ...usual, release: ['nightly-{{date}}', '{{environment}}', 'nightly-{{date}}'] };
    // A release has no environment yet.
    expect(plainNames({ image: 'chatbot', tags }, built('1.4.2', clean))).toEqual([
      'chatbot:r-8f21c0',
      'chatbot:nightly-2026-11-21',
    ]);
  });
});
