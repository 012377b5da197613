import { expect, it } from 'vitest';
import { nearestWorkspace, workspaceFolder } from '#main/shell/cli/workspace-folder.ts';
import { gantryHome } from '#main/shell/gantry-home.ts';

const exists = (path: string) => path === '/w/chat/gantry.yml';

it.each([
  ['/w/chat', '/w/chat'],
  ['/w/chat/src/lib', '/w/chat'],
  ['/w', undefined],
  ['/', undefined],
])('from %s the nearest workspace upwards is %s', (cwd, folder) => {
  expect(nearestWorkspace({ cwd, exists })).toBe(folder);
});

it.each([
  [undefined, '/w/chat/src', '/w/chat'],
  [undefined, '/elsewhere', '/elsewhere'],
  ['other', '/w/chat/src', '/w/chat/src/other'],
  ['..', '/w/chat/src', '/w/chat'],
  ['/abs', '/w/chat', '/abs'],
])('-C %s in %s means %s', (named, cwd, folder) => {
  expect(workspaceFolder({ cwd, exists, ...(named === undefined ? {} : { named }) })).toBe(folder);
});

it.each([
  ['linux', {}, '/home/ada/.local/share/gantry'],
  ['linux', { XDG_DATA_HOME: '/data' }, '/data/gantry'],
  ['linux', { XDG_DATA_HOME: 'relative' }, '/home/ada/.local/share/gantry'],
  ['linux', { GANTRY_HOME: '/x', XDG_DATA_HOME: '/data' }, '/x'],
  ['linux', { GANTRY_HOME: '' }, '/home/ada/.local/share/gantry'],
  ['darwin', {}, '/home/ada/Library/Application Support/Gantry'],
  ['win32', { LOCALAPPDATA: '/local' }, '/local/Gantry'],
] as const)('on %s with %j the ledger lies in %s', (platform, env, home) => {
  expect(gantryHome({ platform, env, homeFolder: '/home/ada' })).toBe(home);
});
