import { isBuiltin } from 'node:module';
import { resolve } from 'node:path';
import { Script } from 'node:vm';
import { type OutputChunk, rolldown } from 'rolldown';
import { expect, test, vi } from 'vitest';
import { bridgeName, connectMessage } from '#shared/api/desktop-bridge.ts';
import { desktopBundles } from '../../../build/bundles.ts';

const root = resolve(import.meta.dirname, '../../..');

/** The chunks of one bundle, its entry first. */
async function bundled(entry: 'main' | 'preload'): Promise<[OutputChunk, ...OutputChunk[]]> {
  const wanted = desktopBundles(root).find(({ input }) => Object.keys(input.input ?? {}).includes(entry));
  if (wanted === undefined) throw new Error(`no bundle of ${entry}`);
  const bundle = await rolldown(wanted.input);
  const { output } = await bundle.generate(wanted.output);
  await bundle.close();
  const [first, ...others] = output;
  return [first, ...others.filter((part) => part.type === 'chunk')];
}

test('preload is one CommonJS file that a sandbox can load: it requires Electron alone', async () => {
  const [{ code, imports, fileName }, ...others] = await bundled('preload');
  expect(others).toEqual([]);
  expect([fileName, imports]).toEqual(['preload.cjs', ['electron']]);

  // Runs the way a sandboxed preload does: in a page's context, with a `require` that knows one name.
  const exposed = vi.fn();
  const listen = vi.fn();
  const ipcRenderer = { on: vi.fn(), off: vi.fn(), send: vi.fn(), invoke: vi.fn() };
  const require = (name: string): unknown => {
    if (name !== 'electron') throw new Error(`module not found: ${name}`);
    return { contextBridge: { exposeInMainWorld: exposed }, ipcRenderer };
  };
  const window = { location: { origin: 'app://gantry' }, addEventListener: listen };
  new Script(code).runInNewContext({ require, window, process: { platform: 'linux' } });
  expect(exposed).toHaveBeenCalledExactlyOnceWith(bridgeName, expect.objectContaining({ platform: 'linux' }));
  const [, onMessage] = listen.mock.calls[0] ?? [];
  onMessage({ source: window, origin: 'app://gantry', data: connectMessage });
  expect(ipcRenderer.send).toHaveBeenCalledExactlyOnceWith('gantry:connect');
});

test('main needs Electron, Node and what the installers pack', async () => {
  const chunks = await bundled('main');
  const own = new Set(chunks.map((chunk) => chunk.fileName));
  const named = chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]);
  const packages = new Set(named.filter((name) => !isBuiltin(name) && !own.has(name)));
  expect([...packages].sort()).toEqual(['better-sqlite3', 'electron']);
});
