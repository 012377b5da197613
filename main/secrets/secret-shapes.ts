/** What looks like a secret wherever it stands. A first group is what stands before it and stays readable. */
export type SecretShape = { readonly name: string; readonly pattern: RegExp };

export const redacted = '[redacted]';

/** Not in the middle of a longer word, or `task-…` would look like a key. */
const start = '(?<![A-Za-z0-9_])';

/** Every quantifier is bounded or ends on a character class of its own, so that a long line takes linear time. */
export const secretShapes: readonly SecretShape[] = [
  shape(
    'private key',
    new RegExp(
      `-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----` +
        // Without its end, as in a log line by line, whatever follows that could be base64.
        `(?:(?:(?!-----BEGIN)[^]){0,16000}?-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|[\\sA-Za-z0-9+/=]*)`,
    ),
  ),
  shape('AWS access key id', new RegExp(`${start}(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Za-z])`)),
  shape('GitHub token', new RegExp(`${start}(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})`)),
  shape('GitLab token', new RegExp(`${start}glpat-[A-Za-z0-9_-]{20,}`)),
  shape('npm token', new RegExp(`${start}npm_[A-Za-z0-9]{36,}`)),
  shape('Slack token', new RegExp(`${start}xox[abeoprs]-[A-Za-z0-9-]{10,}`)),
  shape('Slack hook', /(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[A-Za-z0-9/_-]+/),
  shape('Discord hook', /(discord(?:app)?\.com\/api\/webhooks\/\d+\/)[A-Za-z0-9_-]+/),
  shape('API key', new RegExp(`${start}(?:sk|rk|pk)[-_](?:[A-Za-z0-9]+[-_])*[A-Za-z0-9_-]{20,}`)),
  shape('Render key', new RegExp(`${start}rnd_[A-Za-z0-9]{16,}`)),
  shape('Google API key', new RegExp(`${start}AIza[0-9A-Za-z_-]{35}`)),
  shape('Google token', new RegExp(`${start}ya29\\.[0-9A-Za-z_-]{20,}`)),
  shape('JSON web token', new RegExp(`${start}eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{4,}`)),
  shape(
    'authorization',
    /(authorization["']?\s*[:=]\s*["']?(?:[A-Za-z]+\s+)?|\bBearer\s+)[A-Za-z0-9._~+/=-]{8,}/i,
  ),
  // Up to the last @ before the path: an unescaped @ in a password is common enough.
  shape('password in a URL', /(:\/\/[^\s/:@"'<>]{0,256}:)[^\s/"'<>]{1,512}(?=@)/),
  shape('Render hook', /(\/deploy\/srv-[A-Za-z0-9_-]+\?(?:[^\s"'#]*&)?key=)[^\s&"'#]+/),
];

function shape(name: string, pattern: RegExp): SecretShape {
  return { name, pattern: new RegExp(pattern.source, `g${pattern.flags.replace('g', '')}`) };
}
