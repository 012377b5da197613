import { describe, expect, test } from 'vitest';
import { isPermitted } from '#main/shell/desktop/permissions.ts';
import { isTrustedSender } from '#main/shell/desktop/sender-check.ts';

const trusted = { webContentsIds: new Set([1]), origin: 'app://gantry' };
const ours = { webContentsId: 1, frame: { origin: 'app://gantry', isMainFrame: true } };

describe('isTrustedSender', () => {
  test('the top frame of our window at our page', () => {
    expect(isTrustedSender(ours, trusted)).toBe(true);
  });
  test.each([
    ['another window', { ...ours, webContentsId: 2 }],
    ['a frame inside the page', { ...ours, frame: { ...ours.frame, isMainFrame: false } }],
    ['another origin', { ...ours, frame: { ...ours.frame, origin: 'https://example.com' } }],
    ['an opaque origin', { ...ours, frame: { ...ours.frame, origin: 'null' } }],
    ['a frame that is gone', { ...ours, frame: null }],
  ])('not %s', (_, sender) => {
    expect(isTrustedSender(sender, trusted)).toBe(false);
  });
});

describe('isPermitted', () => {
  const page = { url: 'app://gantry/index.html', isMainFrame: true };
  test.each(['notifications', 'clipboard-sanitized-write'])('%s for our page', (permission) => {
    expect(isPermitted(permission, page, 'app://gantry')).toBe(true);
  });
  test.each(['media', 'geolocation', 'clipboard-read', 'openExternal', 'usb', 'fullscreen', 'fileSystem'])(
    '%s for nobody',
    (permission) => expect(isPermitted(permission, page, 'app://gantry')).toBe(false),
  );
  test('nothing for another page or a frame', () => {
    expect(
      isPermitted('notifications', { url: 'https://example.com', isMainFrame: true }, 'app://gantry'),
    ).toBe(false);
    expect(isPermitted('notifications', { ...page, isMainFrame: false }, 'app://gantry')).toBe(false);
  });
});
