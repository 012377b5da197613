import type { Theme } from '../ui/theme.ts';
import { BoardPage } from './board-page.tsx';
import { PlanPage } from './plan-page.tsx';
import { RunPage } from './run-page.tsx';
import { StatesPage } from './states-page.tsx';

export function Gallery({ show, theme }: { readonly show: string; readonly theme: Theme }) {
  switch (show) {
    case 'board':
      return <BoardPage />;
    case 'plan':
      return <PlanPage />;
    case 'run':
      return <RunPage />;
    default:
      return <StatesPage theme={theme} />;
  }
}
