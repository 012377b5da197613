import type { ReactNode } from 'react';
import { useDeferredValue, useMemo, useRef } from 'react';
import type { RunId, WorkspaceId } from '#shared/domain/ids.ts';
import { useWorkspace } from '../../stores/stores.tsx';
import { Bone, Bones } from '../../ui/bones.tsx';
import { Button } from '../../ui/button.tsx';
import { SearchInput } from '../../ui/field.tsx';
import { count, grouped } from '../../ui/format.ts';
import { useHotkeys } from '../../ui/hotkeys.ts';
import { EmptyNotice, ErrorNotice } from '../../ui/notice.tsx';
import { useClock } from '../../ui/time.tsx';
import { useKeptQuery } from '../runs/index.ts';
import { HistoryFilters } from './history-filters.tsx';
import { HistoryList } from './history-list.tsx';
import { filterOf, queryNames } from './history-query.ts';
import { matches, toRows } from './history-rows.ts';
import { RunPreview } from './run-preview.tsx';
import type { History } from './use-history.ts';
import { useHistory } from './use-history.ts';

/** Everything that ran, newest first, from the ledger alone. */
export function HistoryView() {
  const workspaceId = useWorkspace((state) => state.current?.id);
  return workspaceId === undefined ? null : <Loaded key={workspaceId} workspaceId={workspaceId} />;
}

function Loaded({ workspaceId }: { readonly workspaceId: WorkspaceId }) {
  const [query, setQuery] = useKeptQuery('history', queryNames);
  const day = useClock((now) => new Date(now).setHours(0, 0, 0, 0));
  const { env, kind, outcome, release, since } = query;
  const filter = useMemo(
    () =>
      filterOf(
        Object.fromEntries(
          Object.entries({ env, kind, outcome, release, since }).flatMap(([name, value]) =>
            value === undefined ? [] : [[name, value]],
          ),
        ),
        day,
      ),
    [env, kind, outcome, release, since, day],
  );
  const history = useHistory(workspaceId, filter);
  const needle = useDeferredValue((query.q ?? '').trim());
  const runs = useMemo(
    () => history.runs?.filter((run) => matches(run, needle)) ?? [],
    [history.runs, needle],
  );
  const rows = useMemo(() => toRows(runs), [runs]);
  const chosen = runs.find((run) => String(run.id) === query.run) ?? runs[0];
  const preview = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  useHotkeys({ '/': () => search.current?.focus() });
  const loaded = history.runs?.length ?? 0;
  const isFiltered = [env, kind, outcome, release, since].some((each) => each !== undefined);

  return (
    <div className="flex min-h-0 flex-1 bg-sheet text-12/4.5">
      <section aria-label="History" className="flex min-h-0 min-w-0 flex-1 flex-col">
        <div className="flex-none border-b border-line px-5 py-3 max-wide:px-4">
          <SearchInput
            ref={search}
            size="tall"
            aria-label="Search release, version, summary and note of the runs loaded"
            placeholder="Search release, version, summary and note of the runs loaded"
            value={query.q ?? ''}
            onChange={(q) => setQuery({ q })}
            end={
              needle === '' ? undefined : (
                <span role="status" className="text-12 whitespace-nowrap text-ink-3">
                  {grouped(runs.length)} of {count(loaded, 'run')} loaded
                </span>
              )
            }
          />
        </div>
        <HistoryFilters workspaceId={workspaceId} query={query} onChange={setQuery} />
        {history.trouble !== undefined && (
          <ErrorNotice
            className="flex-none border-b border-line px-5 max-wide:px-4"
            what={history.trouble.message}
            consequence={history.trouble.hint}
            code={history.trouble.code}
            action={<Button onClick={history.again}>Try again</Button>}
          />
        )}
        {history.runs === undefined ? (
          history.trouble === undefined && <ListBones />
        ) : rows.length === 0 ? (
          <Nothing
            history={history}
            needle={needle}
            isFiltered={isFiltered}
            onClear={() =>
              setQuery(needle === '' ? { env: '', kind: '', outcome: '', release: '', since: '' } : { q: '' })
            }
          />
        ) : (
          <HistoryList
            rows={rows}
            selected={chosen?.id}
            needle={needle}
            hasPreview={() => (preview.current?.offsetWidth ?? 0) > 0}
            onSelect={(id: RunId) => setQuery({ run: String(id) })}
            onNearEnd={() => needle === '' && history.more()}
            end={<End history={history} loaded={loaded} isSearching={needle !== ''} />}
          />
        )}
      </section>
      {chosen !== undefined && (
        <div ref={preview} className="flex min-h-0 max-wide:hidden">
          <RunPreview key={chosen.id} run={chosen} needle={needle} />
        </div>
      )}
    </div>
  );
}

function Nothing(props: {
  readonly history: History;
  readonly needle: string;
  readonly isFiltered: boolean;
  readonly onClear: () => void;
}): ReactNode {
  const { history, needle, isFiltered, onClear } = props;
  const look = 'px-5 max-wide:px-4';
  if (needle !== '') {
    return (
      <EmptyNotice
        className={look}
        title={`No run loaded mentions “${needle}”`}
        action={
          <>
            <Button onClick={onClear}>Clear search</Button>
            {!history.isComplete && (
              <Button onClick={history.more} refused={history.isLoading}>
                Load older runs
              </Button>
            )}
          </>
        }
      >
        Looked at release, version, summary and note of {count(history.runs?.length ?? 0, 'run')}.
      </EmptyNotice>
    );
  }
  return isFiltered ? (
    <EmptyNotice
      className={look}
      title="No run fits these filters"
      action={<Button onClick={onClear}>Clear filters</Button>}
    >
      The ledger was asked for all of them together.
    </EmptyNotice>
  ) : (
    <EmptyNotice className={look} title="Nothing has run yet">
      Builds, deploys, promotions and rollbacks are kept here for good.
    </EmptyNotice>
  );
}

/** Under the last row: whether there is more, and that a search has not looked at it. */
function End(props: { readonly history: History; readonly loaded: number; readonly isSearching: boolean }) {
  const { history, loaded, isSearching } = props;
  if (history.isComplete) {
    return (
      <p className="px-5 py-3 text-11 text-ink-3 max-wide:px-4">{count(loaded, 'run')}, and nothing older.</p>
    );
  }
  return (
    <p className="flex items-center gap-3 px-5 py-3 text-11 text-ink-3 max-wide:px-4">
      <Button onClick={history.more} refused={history.isLoading}>
        Load older runs
      </Button>
      {isSearching && `Only the ${grouped(loaded)} runs loaded were searched.`}
    </p>
  );
}

function ListBones() {
  return (
    <Bones label="Loading the history" className="px-5 pt-2">
      {['36%', '62%', '44%', '58%', '40%', '66%'].map((width) => (
        <div key={width} className="h-16 pt-2">
          <Bone width={width} />
          <Bone width="72%" />
        </div>
      ))}
    </Bones>
  );
}
