import type { SettingChange } from '#shared/domain/plan.ts';
import type { DiffRow } from '../../ui/unified-diff.tsx';
import { UnifiedDiff } from '../../ui/unified-diff.tsx';

/** Settings as the lines that go and the lines that come. `driftedPaths` were changed outside Gantry. */
export function SettingLines(props: {
  readonly label: string;
  readonly changes: readonly SettingChange[];
  readonly title?: string | undefined;
  readonly driftedPaths?: ReadonlySet<string> | undefined;
  readonly className?: string | undefined;
}) {
  const { label, changes, title, driftedPaths, className } = props;
  const rows: readonly DiffRow[] = [
    ...(title === undefined ? [] : [{ kind: 'hunk', text: title } as const]),
    ...changes.flatMap((change) => linesOf(change, driftedPaths?.has(change.path) ?? false)),
  ];
  return <UnifiedDiff label={label} rows={rows} className={className} />;
}

function linesOf({ path, before, after }: SettingChange, isDrifted: boolean): readonly DiffRow[] {
  return [
    ...(before === undefined
      ? []
      : [
          {
            kind: 'removed',
            text: `${path}: ${before}`,
            ...(isDrifted ? { note: 'set outside Gantry' } : {}),
          } as const,
        ]),
    ...(after === undefined ? [] : [{ kind: 'added', text: `${path}: ${after}` } as const]),
  ];
}
