import type { Drift } from '#shared/domain/board.ts';
import { None } from '../../ui/amounts.tsx';
import { Popover } from '../../ui/popover.tsx';

/** What differs from what the last run left, one line each: as it was left, and as it is. */
export function DriftChanges({
  environment,
  drift,
}: {
  readonly environment: string;
  readonly drift: Drift;
}) {
  return (
    <Popover
      label={`Changes in ${environment}`}
      trigger={
        <button type="button" className="underlined rounded-tag font-medium whitespace-nowrap">
          Show changes
        </button>
      }
    >
      <table className="text-12/4.5">
        <thead className="text-11 text-ink-3">
          <tr>
            <th className="pr-4 pb-1">Setting</th>
            <th className="pr-4 pb-1">As it was left</th>
            <th className="pb-1">Now</th>
          </tr>
        </thead>
        <tbody>
          {drift.changes.map((change) => (
            <tr key={change.path} className="align-top">
              <td className="pr-4 font-mono break-all">{change.path}</td>
              <td className="pr-4 font-mono break-all text-ink-2">{change.before ?? <None />}</td>
              <td className="font-mono break-all">{change.after ?? <None />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Popover>
  );
}
