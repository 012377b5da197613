import type { ReactNode } from 'react';
import type { PlanDialogRoute, View } from '../stores/routes/route.ts';
import { EmptyNotice } from '../ui/notice.tsx';

/** The one place where features are plugged in: each address names the component that fills it. */
export const views = {
  run: (view: Extract<View, { kind: 'run' }>): ReactNode => <EmptyNotice title={`Run ${view.runId}`} />,
  history: (): ReactNode => <EmptyNotice title="History" />,
  compare: (view: Extract<View, { kind: 'compare' }>): ReactNode => (
    <EmptyNotice title={`${view.left} and ${view.right}`} />
  ),
  /** Lies over whatever view is open. */
  plan: (_plan: PlanDialogRoute, _close: () => void): ReactNode => null,
} as const;
