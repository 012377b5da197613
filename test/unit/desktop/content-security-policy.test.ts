import { expect, test } from 'vitest';
import { contentSecurityPolicy, securityHeaders } from '#main/shell/content-security-policy.ts';

test('the policy allows the own origin and nothing else', () => {
  expect(contentSecurityPolicy().split('; ')).toEqual([
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]);
});

test('a nonce opens one kind of inline style and no script', () => {
  const policy = contentSecurityPolicy({ styleNonce: 'abc' });
  expect(policy).toContain("style-src 'self' 'nonce-abc'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toContain('unsafe');
});

test('the headers carry the same policy', () => {
  expect(securityHeaders({ styleNonce: 'abc' })).toMatchObject({
    'content-security-policy': contentSecurityPolicy({ styleNonce: 'abc' }),
    'x-content-type-options': 'nosniff',
  });
});
