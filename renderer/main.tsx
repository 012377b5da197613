import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/index.css';
import { followTheme } from './ui/theme.ts';

followTheme(document.documentElement, matchMedia('(prefers-color-scheme: dark)'), localStorage);
const root = document.getElementById('root');
if (!root) throw new Error('index.html has lost its #root');
createRoot(root).render(<StrictMode>Gantry</StrictMode>);
