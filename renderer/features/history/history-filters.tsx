import { useEffect, useState } from 'react';
import type { WorkspaceId } from '#shared/domain/ids.ts';
import { runKindSchema, runOutcomeSchema } from '#shared/domain/outcome.ts';
import type { Release } from '#shared/domain/release.ts';
import { useWorkspace } from '../../stores/stores.tsx';
import { useClient } from '../../transport/client-context.tsx';
import { Chip, SetChip } from '../../ui/chips.tsx';
import { ReleaseId } from '../../ui/identity.tsx';
import { Menu, type MenuItem } from '../../ui/menu.tsx';
import { statusLooks } from '../../ui/status-words.ts';
import { sinceChoices } from './history-query.ts';

const kindWords = {
  build: 'Build',
  adopt: 'Adopt',
  deploy: 'Deploy',
  promote: 'Promote',
  rollback: 'Roll back',
  push: 'Push',
  tag: 'Name',
  prune: 'Remove images',
} as const;
const RELEASES = 50;

/** One chip for each question the ledger can be asked; a set one says its value and is taken away by a click. */
export function HistoryFilters(props: {
  readonly workspaceId: WorkspaceId;
  readonly query: Readonly<Record<string, string>>;
  readonly onChange: (changes: Readonly<Record<string, string>>) => void;
}) {
  const { workspaceId, query, onChange } = props;
  const environments = useWorkspace((state) => state.current?.environments) ?? [];
  const releases = useReleases(workspaceId);
  const outcomes = ['running', ...runOutcomeSchema.options] as const;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring a form's meaning to a row of chips
    <div
      role="group"
      aria-label="Filters"
      className="flex h-10 flex-none items-center gap-1.5 overflow-hidden border-b border-line px-5 max-wide:px-4"
    >
      <Filter
        name="Environment"
        id="env"
        query={query}
        onChange={onChange}
        choices={environments.map((name) => ({ id: name, text: name }))}
      />
      <Filter
        name="Kind"
        id="kind"
        query={query}
        onChange={onChange}
        choices={runKindSchema.options.map((kind) => ({ id: kind, text: kindWords[kind] }))}
      />
      <Filter
        name="Outcome"
        id="outcome"
        query={query}
        onChange={onChange}
        choices={outcomes.map((state) => ({ id: state, text: statusLooks[state].word }))}
      />
      <Filter
        name="Release"
        id="release"
        query={query}
        onChange={onChange}
        choices={releases.map(({ id, version }) => ({
          id,
          text: id,
          label: <ReleaseId id={id} version={version} />,
        }))}
      />
      <Filter
        name="When"
        id="since"
        query={query}
        onChange={onChange}
        choices={sinceChoices.map(({ id, label }) => ({ id, text: label }))}
      />
      <span className="flex-1" />
      <span className="truncate text-ink-3 max-wide:hidden">Reads the local ledger, no network</span>
    </div>
  );
}

type Choice = { readonly id: string; readonly text: string; readonly label?: React.ReactNode };

function Filter(props: {
  readonly name: string;
  readonly id: string;
  readonly query: Readonly<Record<string, string>>;
  readonly onChange: (changes: Readonly<Record<string, string>>) => void;
  readonly choices: readonly Choice[];
}) {
  const { name, id, query, onChange, choices } = props;
  const value = query[id];
  if (value !== undefined) {
    const text = choices.find((choice) => choice.id === value)?.text ?? value;
    return <SetChip name={name} value={text} onClear={() => onChange({ [id]: '' })} />;
  }
  const items: readonly MenuItem[] =
    choices.length === 0
      ? [{ kind: 'heading', id: 'none', label: 'Nothing to choose from' }]
      : choices.map((choice) => ({
          kind: 'choice',
          id: choice.id,
          label: choice.label ?? choice.text,
          chosen: false,
          onSelect: () => onChange({ [id]: choice.id }),
        }));
  return <Menu label={name} items={items} trigger={<Chip>{name}</Chip>} />;
}

function useReleases(workspaceId: WorkspaceId): readonly Release[] {
  const client = useClient();
  const [releases, setReleases] = useState<readonly Release[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    // Without them one filter has nothing to choose from; the list below says what is wrong.
    client.releases.list({ workspaceId, limit: RELEASES }, { signal: stop.signal }).then(
      (listed) => !stop.signal.aborted && setReleases(listed),
      () => undefined,
    );
    return () => stop.abort();
  }, [client, workspaceId]);
  return releases;
}
