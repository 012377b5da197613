import { extname, join, relative, sep } from 'node:path';

export type Asset =
  | { readonly kind: 'file'; readonly path: string; readonly contentType: string }
  | { readonly kind: 'refused' };

/** What a built renderer consists of; nothing else is served, whatever lies in the folder. */
const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.woff2': 'font/woff2',
};

/**
 * Where a URL's path (still percent-encoded, as `URL.pathname` gives it) lies below `root`. Whether the file exists is
 * for the caller to find out; that it cannot lie anywhere else is settled here.
 */
export function resolveAsset(pathname: string, root: string): Asset {
  const decoded = decode(pathname);
  if (decoded === undefined || !decoded.startsWith('/')) return { kind: 'refused' };
  const segments = decoded.slice(1).split('/');
  // Decoding happens once, so `%252e` stays a name; a backslash or colon would mean something to Windows.
  if (segments.some((segment) => segment === '.' || segment === '..' || /[\\:\0]/.test(segment))) {
    return { kind: 'refused' };
  }
  const name = segments.filter((segment) => segment !== '').join(sep) || 'index.html';
  const path = join(root, name);
  const inside = relative(root, path);
  const contentType = contentTypes[extname(path).toLowerCase()];
  if (inside.startsWith('..') || contentType === undefined) return { kind: 'refused' };
  return { kind: 'file', path, contentType };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
