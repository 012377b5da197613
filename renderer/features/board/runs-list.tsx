import { endText, type RunSummary, stepPlace } from '#shared/domain/run.ts';
import { useRoute, useRouter } from '../../stores/routes/use-route.tsx';
import { useBoard, useRuns, useStores } from '../../stores/stores.tsx';
import type { Trouble } from '../../transport/trouble.ts';
import { None } from '../../ui/amounts.tsx';
import { arrowNav } from '../../ui/arrow-nav.ts';
import { Bones } from '../../ui/bones.tsx';
import { Button } from '../../ui/button.tsx';
import { SegmentedControl } from '../../ui/chips.tsx';
import { ReleaseId } from '../../ui/identity.tsx';
import { EmptyNotice, ErrorNotice } from '../../ui/notice.tsx';
import { RowSheet, SectionHead, Sheet, SheetRow } from '../../ui/sheet.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { Elapsed, RelativeTime } from '../../ui/time.tsx';
import { TextLink } from '../../ui/value.tsx';
import { runStatus } from '../runs/index.ts';
import { RunTitle } from './run-title.tsx';

type Filter = 'all' | 'running' | 'failed';

/** Not as wished: what a person may want to look at. Cancelled was somebody's wish. */
function isFailed(run: RunSummary): boolean {
  return run.state !== 'running' && run.state !== 'succeeded' && run.state !== 'cancelled';
}

const filters: Record<Filter, (run: RunSummary) => boolean> = {
  all: () => true,
  running: (run) => run.state === 'running',
  failed: isFailed,
};

/** The newest runs under their filters; the filter stands in the address. */
export function RunsList({ limit, title = 'Runs' }: { readonly limit: number; readonly title?: string }) {
  const router = useRouter();
  const { query } = useRoute();
  const recent = useRuns((state) => state.recent);
  const known = useRuns((state) => state.known);
  const trouble = useRuns((state) => state.trouble);
  const filter: Filter = query.runs === 'running' || query.runs === 'failed' ? query.runs : 'all';
  const countOf = (each: Filter) => recent.filter(filters[each]).length;
  const shown = recent.filter(filters[filter]).slice(0, limit);
  return (
    <>
      <SectionHead
        title={title}
        end={<TextLink href={router.href({ kind: 'history' })}>All history</TextLink>}
      >
        <SegmentedControl
          label="Which runs"
          value={filter}
          onChange={(next) => router.setQuery({ runs: next === 'all' ? '' : next })}
          items={[
            { id: 'all', label: 'All' },
            { id: 'running', label: 'Running', count: countOf('running') },
            { id: 'failed', label: 'Failed', count: countOf('failed') },
          ]}
        />
      </SectionHead>
      {shown.length > 0 ? (
        // biome-ignore lint/a11y/noStaticElementInteractions: only moves the focus between the links inside
        <div onKeyDown={arrowNav}>
          <RowSheet
            label={title}
            columns="116px 44px minmax(180px,1.1fr) 168px minmax(220px,1.7fr) 64px 104px 116px"
            narrowColumns="100px minmax(120px,1fr) 84px minmax(140px,1.5fr) 44px 76px"
          >
            {shown.map((run) => (
              <RunRow key={run.id} run={run} />
            ))}
          </RowSheet>
        </div>
      ) : (
        <Sheet>
          {known ? (
            <NoRuns filter={filter} />
          ) : trouble !== undefined ? (
            <RunsTrouble trouble={trouble} />
          ) : (
            <Bones label="Loading runs" className="px-4 py-3" />
          )}
        </Sheet>
      )}
    </>
  );
}

function NoRuns({ filter }: { readonly filter: Filter }) {
  const titles: Record<Filter, string> = {
    all: 'Nothing has run yet',
    running: 'Nothing runs now',
    failed: 'No run failed lately',
  };
  return <EmptyNotice title={titles[filter]}>Builds, deploys and rollbacks are listed here.</EmptyNotice>;
}

function RunsTrouble({ trouble }: { readonly trouble: Trouble }) {
  const isSaidAbove = useBoard((state) => state.trouble?.code === trouble.code);
  const { runs } = useStores();
  const again = (): void => {
    const { workspaceId, show } = runs.getState();
    if (workspaceId !== undefined) void show(workspaceId);
  };
  if (isSaidAbove) return <EmptyNotice title="The runs could not be read either" />;
  return (
    <ErrorNotice
      what={trouble.message}
      consequence={trouble.hint}
      code={trouble.code}
      action={<Button onClick={again}>Try again</Button>}
    />
  );
}

function RunRow({ run }: { readonly run: RunSummary }) {
  const router = useRouter();
  const summary = summaryOf(run);
  return (
    <SheetRow href={router.href({ kind: 'run', runId: run.id })}>
      <StatusWord state={runStatus(run)} />
      <span className="text-ink-3 max-wide:hidden">{run.id}</span>
      <RunTitle run={run} />
      <span className="min-w-0 truncate">
        {run.release === undefined ? (
          <None>no release</None>
        ) : (
          <>
            <span className="max-wide:hidden">
              <ReleaseId id={run.release} version={run.version} />
            </span>
            <span className="wide:hidden">
              <ReleaseId id={run.release} />
            </span>
          </>
        )}
      </span>
      <span className="truncate text-ink-2" title={summary}>
        {summary}
      </span>
      <span className="text-right">
        <Elapsed from={run.startedAt} to={run.endedAt} />
      </span>
      <span className="text-right whitespace-nowrap text-ink-3">
        {run.state === 'running' ? 'now' : <RelativeTime at={run.endedAt ?? run.startedAt} />}
      </span>
      <span className="truncate text-ink-2 max-wide:hidden">{run.by.name}</span>
    </SheetRow>
  );
}

/** How far it is, while it goes on; a build that waits for another has no step to speak of. */
function summaryOf(run: RunSummary): string {
  if (run.state !== 'running' || runStatus(run) === 'queued') return endText(run);
  const { at, total } = stepPlace(run);
  return `Step ${at} of ${total}, ${lowerFirst(run.summary)}`;
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
