import type { WebContents } from 'electron';
import type { ElectronModule } from './electron-module.ts';
import type { Home } from './home.ts';
import {
  decideNavigation,
  decideNewWindow,
  isOwnRequest,
  type NavigationDecision,
} from './navigation-guard.ts';
import { isPermitted } from './permissions.ts';

type Electron = Pick<ElectronModule, 'app' | 'session' | 'shell'>;

/** Puts the guards of navigation, windows and web views on every page the app will ever have. */
export function guardContents(electron: Electron, home: Home): void {
  electron.app.on('web-contents-created', (_event, contents) => guardOne(electron, home, contents));
}

function guardOne({ shell }: Electron, home: Home, contents: WebContents): void {
  const carryOut = (decision: NavigationDecision): void => {
    // A browser that cannot be started is no reason to fail: the page stays as it is.
    if (decision.kind === 'external') void shell.openExternal(decision.url).catch(() => undefined);
  };
  contents.on('will-frame-navigate', (event) => {
    const decision = decideNavigation(event.url, home.origin, event);
    if (decision.kind === 'allow') return;
    event.preventDefault();
    carryOut(decision);
  });
  contents.on('will-redirect', (event) => {
    if (decideNavigation(event.url, home.origin, event).kind !== 'allow') event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    carryOut(decideNewWindow(url));
    return { action: 'deny' };
  });
}

/** Denies permissions, devices and foreign requests. Only when the app is ready is there a session. */
export function guardSession({ session }: Electron, home: Home): void {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((_contents, permission, answer, details) => {
    answer(
      isPermitted(permission, { url: details.requestingUrl, isMainFrame: details.isMainFrame }, home.origin),
    );
  });
  defaultSession.setPermissionCheckHandler((_contents, permission, origin, details) =>
    isPermitted(
      permission,
      { url: details.requestingUrl ?? origin, isMainFrame: details.isMainFrame },
      home.origin,
    ),
  );
  defaultSession.setDevicePermissionHandler(() => false);
  defaultSession.webRequest.onBeforeRequest((details, answer) => {
    answer({ cancel: !isOwnRequest(details.url, home) });
  });
}
