import type { KeyboardEvent } from 'react';

const reachable = 'a[href], button, input';

/**
 * Arrow keys on the board: up and down within a column, left and right to what stands nearest in the next column that
 * has anything to reach. Tab order stays the reading order.
 */
export function moveOnBoard(event: KeyboardEvent<HTMLElement>): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  const { target } = event;
  if (!(target instanceof HTMLElement) || target.matches('input, textarea')) return;
  const columns = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-column]')];
  const here = columns.findIndex((column) => column.contains(target));
  const next = here < 0 ? undefined : neighbour(event.key, target, columns, here);
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

function neighbour(
  key: string,
  from: HTMLElement,
  columns: readonly HTMLElement[],
  here: number,
): HTMLElement | undefined {
  const column = within(columns[here]);
  const at = column.indexOf(from);
  switch (key) {
    case 'ArrowDown':
      return column[at + 1];
    case 'ArrowUp':
      return column[at - 1];
    case 'Home':
      return column[0];
    case 'End':
      return column.at(-1);
    case 'ArrowRight':
      return nearest(from, columns.slice(here + 1));
    case 'ArrowLeft':
      return nearest(from, columns.slice(0, here).toReversed());
    default:
      return undefined;
  }
}

function within(column: HTMLElement | undefined): readonly HTMLElement[] {
  return [...(column?.querySelectorAll<HTMLElement>(reachable) ?? [])].filter(
    (each) => each.offsetParent !== null,
  );
}

function nearest(from: HTMLElement, columns: readonly HTMLElement[]): HTMLElement | undefined {
  const middle = (each: HTMLElement): number => {
    const box = each.getBoundingClientRect();
    return box.top + box.height / 2;
  };
  const wanted = middle(from);
  const candidates = columns.map(within).find((each) => each.length > 0) ?? [];
  return candidates.toSorted(
    (one, other) => Math.abs(middle(one) - wanted) - Math.abs(middle(other) - wanted),
  )[0];
}
