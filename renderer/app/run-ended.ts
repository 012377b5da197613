import { environmentNameSchema } from '#shared/domain/ids.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { RunNotice } from '#shared/domain/run-notice.ts';
import { runNotice } from '#shared/domain/run-notice.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { deployAfterBuildKey } from '../stores/actions.tsx';
import type { Router } from '../stores/routes/router.ts';
import type { Stores } from '../stores/stores.tsx';

export type RunEndedPorts = {
  readonly stores: Stores;
  readonly router: Router;
  /** Whether the person looks at this window. */
  readonly isLooking: () => boolean;
  /** One per `tag`: a newer word about a run replaces the older. */
  readonly notify: (notice: RunNotice & { readonly tag: string }, open: () => void) => void;
};

/** A window that was reloaded while its build ran: the plan it waits for opens once the build is seen to have ended. */
export function openPlanAfterReload({
  stores,
  router,
}: Pick<RunEndedPorts, 'stores' | 'router'>): () => void {
  return stores.runs.subscribe((state, before) => {
    if (!state.known || before.known) return;
    for (const run of state.recent) if (run.state !== 'running') openWishedPlan(run, stores, router);
  });
}

/** What happens in this window when a run ends: the next plan, a word to whoever looks elsewhere. */
export function createRunEnded(ports: RunEndedPorts): (view: RunView) => void {
  const { stores, router, isLooking, notify } = ports;
  return (view) => {
    const openedPlan = openWishedPlan(view, stores, router);
    const notice = runNotice(view, stores.workspace.getState().current?.name ?? '');
    if (notice === undefined) return;
    // A loop that gets through says so every minute; only what stops it is news.
    const isOfLoop = stores.watch.getState().ownRuns.has(view.id);
    if (isOfLoop && !notice.needsSomeone) return;
    const tag = `run-${view.id}`;
    if (!isLooking()) notify({ ...notice, tag }, () => router.go({ view: { kind: 'run', runId: view.id } }));
    else if (!openedPlan && !isShown(view, router)) {
      stores.notices.getState().show({
        tone: notice.needsSomeone ? 'bad' : 'ok',
        title: notice.title,
        text: view.summary,
        link: { label: 'Open run', href: router.href({ kind: 'run', runId: view.id }) },
        key: tag,
        sticky: notice.needsSomeone,
      });
    }
  };
}

/** "Build and deploy…": the plan opens by itself when the build it waited for succeeded. */
function openWishedPlan(view: RunSummary, stores: Stores, router: Router): boolean {
  const wish = stores.drafts.getState().drafts[deployAfterBuildKey];
  const [runId, name] = wish?.split(':') ?? [];
  if (runId !== String(view.id)) return false;
  stores.drafts.getState().keep(deployAfterBuildKey, '');
  const environment = environmentNameSchema.safeParse(name);
  if (view.state !== 'succeeded' || !environment.success) return false;
  const release = view.release === undefined ? {} : { release: view.release };
  router.openDialog({ kind: 'plan', run: 'deploy', to: environment.data, ...release });
  return true;
}

/** The board and the run's own view show its end where the eye already is. */
function isShown(view: RunView, router: Router): boolean {
  const shown = router.get().view;
  return shown.kind === 'board' || shown.kind === 'runs' || (shown.kind === 'run' && shown.runId === view.id);
}
