import { describe, expect, test } from 'vitest';
import { withLateSchemas } from '../../../build/late-schemas.ts';

/** What code with schemas answers, and which of them it has made, in that order. */
function run(code: string): { readonly exported: Record<string, unknown>; readonly made: readonly string[] } {
  const made: string[] = [];
  const make = (name: string, value: unknown) => {
    made.push(name);
    return value;
  };
  const exported: Record<string, unknown> = {};
  new Function('make', 'exports', withLateSchemas(code))(make, exported);
  return { exported, made };
}

const oneSchema = `const oneSchema = make('one', { is: 1 });\n`;

describe('a schema', () => {
  test('that nobody uses is not made', () => {
    expect(run(oneSchema).made).toEqual([]);
  });

  test('is made once, where it is used first', () => {
    const { exported, made } = run(`${oneSchema}
      const use = () => [oneSchema.is, oneSchema];
      exports.before = make('before', 0);
      exports.first = use();
      exports.second = use();`);
    expect(made).toEqual(['before', 'one']);
    expect(exported.first).toEqual([1, { is: 1 }]);
    expect(exported.second).toEqual(exported.first);
  });

  test('makes those that it is made of, wherever they stand', () => {
    const { exported, made } =
      run(`const twoSchema = make('two', { one: oneSchema, oneSchema });\n${oneSchema}
      exports.is = twoSchema;`);
    expect(made).toEqual(['one', 'two']);
    expect(exported.is).toEqual({ one: { is: 1 }, oneSchema: { is: 1 } });
  });

  test('is made for another file when that asks, however it is exported', () => {
    const { exported, made } = run(`${oneSchema}const twoSchema = make('two', 2);
exports.oneSchema = oneSchema;
Object.defineProperty(exports, 'twoSchema', { enumerable: true, get() { return twoSchema; } });`);
    expect(made).toEqual([]);
    expect([exported.twoSchema, exported.oneSchema, exported.oneSchema]).toEqual([2, { is: 1 }, { is: 1 }]);
    expect(made).toEqual(['two', 'one']);
  });

  test('is asked for by name alone: keys, members and labels of that name stay', () => {
    const { exported } = run(`${oneSchema}
      class Holder { oneSchema() { return 'method'; } static twoSchema = 'field'; }
      const held = { oneSchema: 'key' };
      exports.is = [new Holder().oneSchema(), Holder.twoSchema, held.oneSchema, held['oneSchema'], oneSchema.is];`);
    expect(exported.is).toEqual(['method', 'field', 'key', 'key', 1]);
  });
});

describe('what stays as it is', () => {
  test.each([
    ['a parameter', 'exports.is = ((oneSchema) => oneSchema)(2);'],
    ['a variable', 'exports.is = (() => { const oneSchema = 2; return oneSchema; })();'],
    ['a part of a pattern', 'exports.is = (({ oneSchema }) => oneSchema)({ oneSchema: 2 });'],
    ['a renamed part of a pattern', 'exports.is = (({ a: oneSchema = 1 }) => oneSchema)({ a: 2 });'],
    ['an element of a pattern', 'exports.is = (([oneSchema]) => oneSchema)([2]);'],
    ['the rest', 'exports.is = ((...oneSchema) => oneSchema[0])(2);'],
    ['a function', 'exports.is = (function oneSchema() { return 2; })();'],
    ['what was caught', 'try { throw 2; } catch (oneSchema) { exports.is = oneSchema; }'],
    ['of a loop', 'for (const oneSchema of [2]) exports.is = oneSchema;'],
  ])('a name that is also %s', (_what, code) => {
    expect(run(`${oneSchema}${code}`)).toEqual({ exported: { is: 2 }, made: ['one'] });
  });

  test.each([
    ['has another name', `const one = make('one', 1);`],
    ['is not made by a call', `const oneSchema = { ...make('one', 1) };`],
    ['may change', `let oneSchema = make('one', 1);`],
    ['stands in a function', `(() => { const oneSchema = make('one', 1); })();`],
  ])('what %s', (_what, code) => {
    expect(withLateSchemas(code)).toBe(code);
    expect(run(code).made).toEqual(['one']);
  });
});
