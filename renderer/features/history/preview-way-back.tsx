import type { ReactNode } from 'react';
import type { RunSummary } from '#shared/domain/run.ts';
import { useActions } from '../../stores/actions.tsx';
import { refuseBuild, refuseRollback } from '../../stores/refusals.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useBoard } from '../../stores/stores.tsx';
import { useCircumstances } from '../../stores/use-circumstances.ts';
import { Button, ButtonLink } from '../../ui/button.tsx';
import type { Icon } from '../../ui/icons.tsx';
import { BackIcon, BuildIcon, DatabaseIcon, ImageIcon, KeyIcon } from '../../ui/icons.tsx';
import type { GoingBack } from './going-back.ts';
import { PreviewSection } from './preview-section.tsx';

/** What going back to this would mean; nothing where the run is about something else. */
export function WayBack({ run, back }: { readonly run: RunSummary; readonly back: GoingBack }) {
  switch (back.kind) {
    case 'not-about':
      return null;
    case 'runs-now':
      return (
        <PreviewSection title="Going back to this">
          <p className="text-ink-2">{run.environment} runs this release now.</p>
        </PreviewSection>
      );
    case 'impossible':
      return (
        <PreviewSection title="Going back to this">
          <p className="text-ink-2">
            {run.release} is not among what {run.environment} can go back to.
          </p>
        </PreviewSection>
      );
    case 'gone':
      return (
        <PreviewSection title="Going back to this">
          <p className="text-ink-2">
            The image of {back.release} is gone, here and in every registry that is known.
            {back.commit !== undefined && ' Its commit can be built again, as a new release.'}
          </p>
        </PreviewSection>
      );
    case 'possible':
      return (
        <PreviewSection title="Going back to this">
          <ul className="text-ink-2">
            <Point icon={ImageIcon}>The same image runs again; the plan checks that it is still here</Point>
            <Point icon={KeyIcon}>
              Env keys come back as they were when it last ran in {run.environment}
            </Point>
            <Point icon={DatabaseIcon}>Databases stay as they are now</Point>
          </ul>
        </PreviewSection>
      );
  }
}

function Point({ icon: IconPart, children }: { readonly icon: Icon; readonly children: ReactNode }) {
  return (
    <li className="flex items-baseline gap-2 py-[3px]">
      <IconPart size={12} aria-hidden="true" className="relative top-0.5 flex-none text-ink-3" />
      <span>{children}</span>
    </li>
  );
}

/** What can be done with the run: open it, compare what it changed, go back to it. */
export function PreviewFoot({ run, back }: { readonly run: RunSummary; readonly back: GoingBack }) {
  const router = useRouter();
  const around = useCircumstances();
  const environment = useBoard((state) =>
    state.board?.environments.find((each) => each.name === run.environment),
  );
  const { release, previousRelease, environment: name } = run;
  // That there is something to go back to is known here; the board only knows of the release before.
  const refusal =
    environment?.release === undefined
      ? undefined
      : refuseRollback({ ...environment, rollbackTo: { ...environment.release, image: 'unknown' } }, around);
  return (
    <footer className="flex flex-none flex-wrap items-center gap-2 border-t border-line px-5 py-3">
      <ButtonLink href={router.href({ kind: 'run', runId: run.id })}>Open run</ButtonLink>
      {release !== undefined && previousRelease !== undefined && previousRelease !== release && (
        <ButtonLink href={router.href({ kind: 'compare', left: previousRelease, right: release })}>
          Compare
        </ButtonLink>
      )}
      <span className="flex-1" />
      {back.kind === 'gone' && <BuildAgain commit={back.commit} />}
      {back.kind === 'possible' && name !== undefined && (
        <Button
          icon={BackIcon}
          reason={refusal?.reason}
          onClick={() =>
            router.openDialog({ kind: 'plan', run: 'rollback', to: name, release: back.release })
          }
        >
          Roll back to this…
        </Button>
      )}
    </footer>
  );
}

function BuildAgain({ commit }: { readonly commit: string | undefined }) {
  const { build } = useActions();
  const refusal = refuseBuild(useCircumstances());
  if (commit === undefined) return null;
  return (
    <Button icon={BuildIcon} reason={refusal?.reason} onClick={() => void build({ commit })}>
      Build again from {commit.slice(0, 7)}
    </Button>
  );
}
