import type { ReactNode } from 'react';
import { CompareView } from '../features/diff/compare-view.tsx';
import { HistoryView } from '../features/history/history-view.tsx';
import { PlanDialog } from '../features/plan/plan-dialog.tsx';
import { ReleasesView } from '../features/releases/releases-view.tsx';
import { RunView } from '../features/runs/run-view.tsx';
import type { PlanDialogRoute, View } from '../stores/routes/route.ts';

/** The one place where features are plugged in: each address names the component that fills it. */
export const views = {
  run: (view: Extract<View, { kind: 'run' }>): ReactNode => <RunView key={view.runId} runId={view.runId} />,
  history: (): ReactNode => <HistoryView />,
  releases: (): ReactNode => <ReleasesView />,
  compare: (view: Extract<View, { kind: 'compare' }>): ReactNode => (
    <CompareView left={view.left} right={view.right} part={view.part} />
  ),
  /** Lies over whatever view is open. */
  plan: (plan: PlanDialogRoute, close: () => void): ReactNode => <PlanDialog plan={plan} onClose={close} />,
} as const;
