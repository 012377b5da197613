import { useRouter } from '../../stores/routes/use-route.tsx';
import type { Watching } from '../../stores/watch-words.ts';
import { changedWords, phaseWords, watchStanding } from '../../stores/watch-words.ts';
import { TextLink } from '../../ui/value.tsx';
import { Row, Strong } from './now-parts.tsx';

/** Changes come here by themselves: what is under way, or why the last one did not get here. */
export function Watched({ watch }: { readonly watch: Watching }) {
  const router = useRouter();
  const { runId } = watch;
  const changed = changedWords(watch);
  const link = runId !== undefined && (
    <Row>
      <TextLink href={router.href({ kind: 'run', runId })}>Open run {runId}</TextLink>
    </Row>
  );
  switch (watchStanding(watch)) {
    case 'waiting':
      return (
        <>
          <p>
            Watching<span className="max-wide:hidden">: the next change comes here by itself</span>
          </p>
          {watch.done !== undefined && (
            <p className="line-clamp-2 wrap-anywhere text-ink-3" title={watch.done}>
              {watch.done}
            </p>
          )}
        </>
      );
    case 'busy':
      return (
        <>
          <p>Watching: {phaseWords(watch)}</p>
          {changed !== undefined && <p className="truncate text-ink-3">{changed}</p>}
          {link}
        </>
      );
    case 'trouble':
      return (
        <>
          <Strong>The last change did not get here</Strong>
          <p className="line-clamp-2 wrap-anywhere" title={watch.trouble}>
            {watch.trouble}
          </p>
          {link}
        </>
      );
  }
}
