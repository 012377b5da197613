/** Where the window's page comes from: the app's own scheme, or Vite while developing. */
export const appScheme = 'app';
const appOrigin = `${appScheme}://gantry`;

export type Home = { readonly origin: string; readonly url: string; readonly isDev: boolean };

/** A development server is believed only on loopback and only in an app that is not packaged. */
export function homeOf(options: { readonly isPackaged: boolean; readonly devUrl: string | undefined }): Home {
  const { isPackaged, devUrl } = options;
  if (!isPackaged && devUrl !== undefined && isLoopback(devUrl)) {
    return { origin: new URL(devUrl).origin, url: devUrl, isDev: true };
  }
  return { origin: appOrigin, url: `${appOrigin}/index.html`, isDev: false };
}

/** Undefined for what is no URL. Node gives `null` as the origin of every scheme it does not know. */
export function originOf(url: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null) return undefined;
  return parsed.protocol === `${appScheme}:` ? `${appScheme}://${parsed.host}` : parsed.origin;
}

export function isLoopback(url: string): boolean {
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) return false;
  return ['127.0.0.1', 'localhost', '[::1]'].includes(parsed.hostname);
}
