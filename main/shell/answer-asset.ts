import { securityHeaders } from './content-security-policy.ts';
import { resolveAsset } from './resolve-asset.ts';

/**
 * One file of the built renderer as an HTTP answer with every security header. `readFile` rejects where there is none.
 */
export async function answerAsset(
  request: { readonly method: string; readonly pathname: string },
  root: string,
  readFile: (path: string) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Response> {
  const headers = { ...securityHeaders(), 'content-type': 'text/plain; charset=utf-8' };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return new Response('Only GET.\n', { status: 405, headers: { ...headers, allow: 'GET, HEAD' } });
  }
  const asset = resolveAsset(request.pathname, root);
  const bytes = asset.kind === 'refused' ? undefined : await readFile(asset.path).catch(() => undefined);
  if (asset.kind === 'refused' || bytes === undefined) {
    return new Response('There is nothing here.\n', { status: 404, headers });
  }
  return new Response(request.method === 'HEAD' ? null : bytes, {
    headers: {
      ...headers,
      'content-type': asset.contentType,
      // Vite puts a hash of the content into the names of everything but the page.
      'cache-control': asset.contentType.startsWith('text/html')
        ? 'no-store'
        : 'public, max-age=31536000, immutable',
    },
  });
}
