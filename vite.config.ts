import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The renderer: one bundle for the desktop window and for the browser, served under a strict CSP. */
export default defineConfig({
  root: `${import.meta.dirname}/renderer`,
  // Relative, because the desktop shell and the loopback server mount it at different places.
  base: './',
  plugins: [react(), tailwindcss()],
  build: {
    outDir: `${import.meta.dirname}/dist/renderer`,
    emptyOutDir: true,
    target: 'chrome130',
    // The CSP is default-src 'self': no inline script and no data: asset may come out of the build.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: { host: '127.0.0.1', port: 5173, strictPort: true },
});
