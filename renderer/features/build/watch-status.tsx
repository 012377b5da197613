import { useRouter } from '../../stores/routes/use-route.tsx';
import { useWatch } from '../../stores/stores.tsx';
import { changedWords, phaseWords, watchSentence, watchStanding } from '../../stores/watch-words.ts';
import { SwitchOnIcon } from '../../ui/icons.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { TextLink } from '../../ui/value.tsx';
import { StatusItem } from '../../ui/window-frame.tsx';

/** What the loop does now, or why its newest round did not come through, whatever view is open. */
export function WatchStatus() {
  const watch = useWatch((state) => state.watch);
  const router = useRouter();
  if (watch?.kind !== 'on') return null;
  const run = watch.runId === undefined ? undefined : router.href({ kind: 'run', runId: watch.runId });
  const changed = changedWords(watch);
  const name = watch.environment === undefined ? 'Watching' : `Watching ${watch.environment}`;
  const link = run !== undefined && <TextLink href={run}>run {watch.runId}</TextLink>;
  if (watchStanding(watch) === 'trouble') {
    return (
      <span role="status" title={watchSentence(watch)} className="flex min-w-0 items-center gap-2">
        <StatusWord state="note" size={12}>
          {name}: {watch.environment === undefined ? 'did not pass' : 'not deployed'}
        </StatusWord>
        <span className="min-w-0 truncate max-wide:hidden">{watch.trouble}</span>
        {link}
      </span>
    );
  }
  const isBusy = watchStanding(watch) === 'busy';
  return (
    <StatusItem detail={isBusy ? changed : watch.done}>
      <StatusWord state={isBusy ? 'running' : 'empty'} icon={isBusy ? undefined : SwitchOnIcon} size={12}>
        {name}
      </StatusWord>
      <span className="max-wide:hidden">{phaseWords(watch)}</span>
      {isBusy && link}
    </StatusItem>
  );
}
