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

test('the headers carry the same policy', () => {
  expect(securityHeaders()).toMatchObject({
    'content-security-policy': contentSecurityPolicy(),
    'x-content-type-options': 'nosniff',
  });
});
