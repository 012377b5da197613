import { useConnection } from '../stores/stores.tsx';
import { useDelayed } from '../ui/bones.tsx';
import { Button } from '../ui/button.tsx';
import { clock, span } from '../ui/format.ts';
import { StatusWord } from '../ui/status-word.tsx';
import { useClock } from '../ui/time.tsx';

/** A wire that comes back within this is nobody's business. */
const PATIENCE_MS = 1_000;

/** Says that what is shown may be old, from when it is, and when the next try is. */
export function ConnectionNotice({ restartHint }: { readonly restartHint: string }) {
  const state = useConnection((each) => each.state);
  const reconnect = useConnection((each) => each.reconnect);
  const isLate = useDelayed(state.kind === 'lost', PATIENCE_MS);
  const retryAt = state.kind === 'lost' ? state.retryAt : undefined;
  const wait = useClock((now) => (retryAt === undefined ? '' : span(Math.max(0, retryAt - now + 999))));
  if (state.kind !== 'lost' || !isLate) return null;
  return (
    <div
      role="alert"
      className="flex min-h-10 flex-none items-center gap-3 border-b border-line-warn bg-tint-warn px-6 py-1.5 text-12/4.5 text-ink-2 max-wide:px-3"
    >
      <StatusWord state="unreachable">Connection lost</StatusWord>
      <span className="min-w-0 flex-1">
        What is shown is from {clock(state.since, 'minutes')}.{' '}
        {retryAt === undefined ? 'Trying now.' : `Trying again in ${wait}.`}
        <span className="max-wide:hidden"> {restartHint}</span>
      </span>
      <Button onClick={reconnect}>Try now</Button>
    </div>
  );
}
