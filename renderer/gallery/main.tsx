import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { stoppedClock } from '../ui/clock.ts';
import { followTheme } from '../ui/theme.ts';
import { ClockProvider } from '../ui/time.tsx';
import './gallery.css';
import { Gallery } from './gallery.tsx';
import { NOW } from './sample.ts';

/*
 * The parts of the design system on one page, for development: `npx vite`, then /gallery.html.
 * ?show=board|plan|run|states picks a page, &theme=light|dark a theme.
 */
const params = new URLSearchParams(location.search);
const theme = followTheme(document.documentElement, matchMedia('(prefers-color-scheme: dark)'), {
  getItem: () => params.get('theme'),
  setItem: () => {},
});
const root = document.getElementById('root');
if (!root) throw new Error('gallery.html has lost its #root');
createRoot(root).render(
  <StrictMode>
    <ClockProvider clock={stoppedClock(NOW)}>
      <Gallery show={params.get('show') ?? 'states'} theme={theme} />
    </ClockProvider>
  </StrictMode>,
);
