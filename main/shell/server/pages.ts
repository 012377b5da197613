/** Pages of the server itself. No styles: the policy allows only those of the renderer's own files. */
export function signInPage(why: string): string {
  return page(
    'Gantry: a link is needed',
    `<h1>Gantry</h1>
<p>${escapeHtml(why)}</p>
<p>Open the link that <code>gantry serve</code> or <code>gantry open</code> printed in your terminal. It works once and
within five minutes. For a new one press Enter in that terminal, or start <code>gantry serve</code> again.</p>`,
  );
}

/**
 * Goes on to the app by itself. Not an HTTP redirect: after a link in another site's page (a web terminal) browsers
 * send no SameSite=Strict cookie along a redirect, but they do when this page itself leads on.
 */
export function welcomePage(target: string): string {
  return page(
    'Gantry',
    `<p><a href="${escapeHtml(target)}">Gantry</a></p>`,
    // Named, because a browser left to guess asks for /favicon.ico and reports that there is none.
    `<meta http-equiv="refresh" content="0;url=${escapeHtml(target)}"><link rel="icon" href="/icon.svg">`,
  );
}

function page(title: string, body: string, head = ''): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>${title}</title>${head}</head>
<body>${body}</body>
</html>
`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
