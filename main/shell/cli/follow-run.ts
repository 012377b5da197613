import type { RecordedEvent } from '#shared/domain/run-events.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { foldRun, reduceRun } from '#shared/domain/run-reducer.ts';
import type { GantryClient } from '../gantry-client.ts';

export type RunPlace = { readonly workspaceId: string; readonly runId: number };
export type RunMoment = { readonly recorded: RecordedEvent; readonly view: RunView };

/** Every event of a run, from its first to its end, each with what the run is after it. */
export async function* followRun(
  client: GantryClient,
  { workspaceId, runId }: RunPlace,
  signal: AbortSignal,
): AsyncGenerator<RunMoment> {
  const { events } = await client.runs.get({ runId });
  let view: RunView | undefined;
  for (const recorded of events) {
    view = foldRun([recorded], view);
    if (view !== undefined) yield { recorded, view };
  }
  if (view !== undefined && view.state !== 'running') return;
  // The cursor is the last event already read, so nothing is lost between the two calls.
  const afterSeq = events.at(-1)?.seq ?? 0;
  for await (const event of await client.live({ workspaceId, afterSeq }, { signal })) {
    if (event.kind !== 'recorded' || event.recorded.runId !== runId) continue;
    const next = reduceRun(view, event.recorded);
    if (next === undefined || next === view) continue;
    view = next;
    yield { recorded: event.recorded, view };
    if (view.state !== 'running') return;
  }
}
