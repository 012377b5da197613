import { answerAsset } from '../answer-asset.ts';
import type { ElectronModule } from './electron-module.ts';
import { appScheme, type Home, originOf } from './home.ts';

/** Must have been called when Electron becomes ready: before that it learns which schemes behave like https. */
export function registerAppScheme({ protocol }: Pick<ElectronModule, 'protocol'>): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: appScheme,
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
    },
  ]);
}

/** Serves the built renderer under the app's own scheme. */
export function servePage(
  { protocol }: Pick<ElectronModule, 'protocol'>,
  home: Home,
  rendererRoot: string,
  readFile: (path: string) => Promise<Uint8Array<ArrayBuffer>>,
): void {
  protocol.handle(appScheme, ({ method, url }) => {
    if (originOf(url) !== home.origin) return new Response('There is nothing here.\n', { status: 404 });
    return answerAsset({ method, pathname: new URL(url).pathname }, rendererRoot, readFile);
  });
}
