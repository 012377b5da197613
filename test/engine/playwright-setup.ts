import { setup } from './global-setup.ts';

// Playwright wants its global setup as a default export.
export default setup;
