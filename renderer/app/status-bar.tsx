import type { SystemStatus } from '#shared/domain/system.ts';
import { WatchStatus } from '../features/build/watch-status.tsx';
import { waitsFor } from '../stores/build-queue.ts';
import { noticeIds } from '../stores/notice-ids.ts';
import { useRouter } from '../stores/routes/use-route.tsx';
import { useBoard, useConnection, useRuns, useSystem } from '../stores/stores.tsx';
import { Bytes } from '../ui/amounts.tsx';
import { count } from '../ui/format.ts';
import { StatusWord } from '../ui/status-word.tsx';
import { RelativeTime } from '../ui/time.tsx';
import { TextLink } from '../ui/value.tsx';
import { StatusBar, StatusItem } from '../ui/window-frame.tsx';

/** Facts about the house itself: engine, running work, ledger, age of what is shown. */
export function GantryStatusBar() {
  const status = useSystem((state) => state.status);
  const observedAt = useBoard((state) => state.observedAt);
  const observing = useBoard((state) => state.observing);
  const isLost = useConnection((state) => state.state.kind === 'lost');
  return (
    <StatusBar
      left={
        <>
          {isLost ? (
            <StatusItem>
              <StatusWord state="unreachable" size={12}>
                <span id={noticeIds.connection}>Connection lost</span>
              </StatusWord>
            </StatusItem>
          ) : (
            status !== undefined && <Engine engine={status.engine} />
          )}
          <RunningWork />
          <WatchStatus />
        </>
      }
      right={
        <>
          {status !== undefined && (
            <StatusItem wideOnly>
              <span title={status.ledger.path}>
                Ledger <Bytes value={status.ledger.bytes} />
              </span>
            </StatusItem>
          )}
          {observedAt !== undefined && (
            <StatusItem>
              <span>
                {observing ? 'Observing, last ' : 'Observed '}
                <RelativeTime at={observedAt} />
              </span>
            </StatusItem>
          )}
          {status !== undefined && <StatusItem wideOnly>Gantry {status.gantryVersion}</StatusItem>}
        </>
      }
    />
  );
}

function Engine({ engine }: { readonly engine: SystemStatus['engine'] }) {
  if (engine.kind === 'unreachable') {
    return (
      <StatusItem>
        <StatusWord state="closed" size={12}>
          Docker is not answering
        </StatusWord>
      </StatusItem>
    );
  }
  const name = engine.product === 'podman' ? 'Podman' : 'Docker';
  return (
    <StatusItem detail={`${engine.version}, ${engine.via}`}>
      <StatusWord state="healthy" size={12}>
        {name} running
      </StatusWord>
    </StatusItem>
  );
}

function RunningWork() {
  const router = useRouter();
  const recent = useRuns((state) => state.recent);
  const known = useRuns((state) => state.known);
  const going = recent.filter((run) => run.state === 'running');
  const running = going.filter((run) => waitsFor(run) === undefined);
  const queued = going.length - running.length;
  const [first] = running.length > 0 ? running : going;
  if (first === undefined) {
    return known ? (
      <StatusItem>
        <StatusWord state="empty" size={12}>
          No runs
        </StatusWord>
      </StatusItem>
    ) : null;
  }
  const leased = running.find((run) => run.environment !== undefined);
  return (
    <StatusItem
      detail={leased === undefined ? undefined : `${leased.environment} leased to run ${leased.id}`}
    >
      <StatusWord state="running" size={12}>
        <TextLink href={router.href({ kind: 'run', runId: first.id })}>
          {running.length > 0 ? count(running.length, 'run') : 'Waiting'}
        </TextLink>
      </StatusWord>
      {queued > 0 && <span className="text-ink-3">{queued} queued</span>}
    </StatusItem>
  );
}
