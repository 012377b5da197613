import { expect, it } from 'vitest';
import { renderConfigSchema } from '#main/targets/render/config.ts';

const written = {
  kind: 'render',
  service: 'srv-ck4ic9bv2fjs73a9sqvg',
  repository: 'ghcr.io/acme/shop',
  apiKey: 'secret://env/RENDER_API_KEY',
};
const isValid = (more: object) => renderConfigSchema.safeParse({ ...written, ...more }).success;

it('has what Render needs, and the rest by itself', () => {
  expect(renderConfigSchema.parse(written)).toEqual({
    ...written,
    poll: 2_000,
    timeout: 900_000,
    platform: 'linux/amd64',
    baseUrl: 'https://api.render.com/v1',
    hookBase: 'https://api.render.com/deploy',
  });
});

it.each([
  { apiKey: undefined },
  { apiKey: 'rnd_theKeyItself' },
  { apiKey: 'secret://env/' },
  { deployHook: 'https://api.render.com/deploy/srv-x?key=y' },
  { service: 'shop-prod' },
  { service: 'srv-x/../y' },
  { repository: 'ghcr.io/acme/shop:latest' },
  { repository: 'ghcr.io/acme/shop@sha256:1' },
  { baseUrl: 'http://gateway.example/v1' },
  { baseUrl: 'https://user:password@gateway.example' },
  { baseUrl: 'https://gateway.example?x=1' },
  { baseUrl: 'http://127.0.0.1.evil.example' },
  { hookBase: 'file:///etc' },
])('refuses %j', (more) => expect(isValid(more)).toBe(false));

it.each([
  { apiKey: undefined, deployHook: 'secret://file/render-hook' },
  { repository: 'localhost:5000/shop' },
  { baseUrl: 'http://127.0.0.1:4000/v1/' },
  { baseUrl: 'http://[::1]:4000' },
])('takes %j', (more) => expect(isValid(more)).toBe(true));
