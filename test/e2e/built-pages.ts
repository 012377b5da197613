import { buildIfOld } from '#test/built-parts.ts';

/** Global setup: the server shell serves what is in dist/renderer. */
// biome-ignore lint/style/noDefaultExport: Playwright wants its global setup so.
export default async function buildPages(): Promise<void> {
  await buildIfOld('renderer');
}
