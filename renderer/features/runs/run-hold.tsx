import type { RunView } from '#shared/domain/run-reducer.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useBoard } from '../../stores/stores.tsx';
import { HoldIcon } from '../../ui/icons.tsx';
import { Value } from '../../ui/value.tsx';

/** That the run left its environment held, as long as it is, and the way to lift that. */
export function RunHold({ view }: { readonly view: RunView }) {
  const { environment } = view;
  const router = useRouter();
  const isHeld = useBoard((state) =>
    state.board?.environments.some(({ name, hold }) => name === environment && hold?.runId === view.id),
  );
  if (view.hold === undefined || environment === undefined || isHeld !== true) return null;
  return (
    <p className="flex flex-none items-center gap-3 border-y border-line-warn bg-tint-warn px-5 py-2.5 max-wide:px-4">
      <HoldIcon size={14} aria-hidden="true" className="flex-none text-warn" />
      <span className="min-w-0 text-ink">{environment} is held until you lift it.</span>
      <span className="ml-auto flex-none">
        <Value onClick={() => router.openDialog({ kind: 'lift', environment })}>Lift hold…</Value>
      </span>
    </p>
  );
}
