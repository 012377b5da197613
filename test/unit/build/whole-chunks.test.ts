import { expect, test } from 'vitest';
import { missingFor } from '../../../build/whole-chunks.ts';

const given = new Map([
  [
    'lib-1.cjs',
    'exports.open = open;\nObject.defineProperty(exports, "default", {\n\tget: () => require_lib()\n});',
  ],
]);
const missing = (code: string) => missingFor('a.cjs', code, given);

test.each([
  ['const require_lib = require("./lib-1.cjs");\nrequire_lib.open(require_lib.default);'],
  ['const { open } = await Promise.resolve().then(() => require("./lib-1.cjs")).then((n) => n.open);'],
  ['const fs = require("node:fs");\nfs.readFileSync("a");'],
])('what a chunk gives may be asked for: %s', (code) => {
  expect(missing(code)).toEqual([]);
});

test.each([
  ['const require_lib$1 = require("./lib-1.cjs");\n(0, require_lib$1.shut)();', 'shut'],
  [
    'Promise.resolve().then(() => require("./lib-1.cjs")).then((n) => a.__toESM(n.require_lib(), 1));',
    'require_lib',
  ],
])('what it does not give is missed: %s', (code, name) => {
  expect(missing(code)).toEqual([`a.cjs asks lib-1.cjs for ${name}`]);
});
