import type { KeyboardEvent } from 'react';

/**
 * Arrow keys between the elements marked `data-nav` inside the element that has this as onKeyDown. Up and down move
 * within a column (data-nav="staging"), left and right to the nearest in the next column; one unnamed column is a list.
 */
export function arrowNav(event: KeyboardEvent<HTMLElement>): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  const { target } = event;
  if (!(target instanceof HTMLElement) || target.matches('input, textarea, select, [contenteditable]'))
    return;
  const from = target.closest<HTMLElement>('[data-nav]');
  if (!from) return;
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-nav]')].filter(
    (each) => each.offsetParent !== null,
  );
  const next = neighbour(event.key, from, all);
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function neighbour(key: string, from: HTMLElement, all: readonly HTMLElement[]): HTMLElement | undefined {
  const column = all.filter((each) => each.dataset.nav === from.dataset.nav);
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
      return beside(from, all, 1);
    case 'ArrowLeft':
      return beside(from, all, -1);
    default:
      return undefined;
  }
}

function beside(from: HTMLElement, all: readonly HTMLElement[], by: 1 | -1): HTMLElement | undefined {
  const columns = [...new Set(all.map((each) => each.dataset.nav))];
  const next = columns[columns.indexOf(from.dataset.nav) + by];
  if (next === undefined) return undefined;
  const middle = (each: HTMLElement): number => {
    const box = each.getBoundingClientRect();
    return box.top + box.height / 2;
  };
  const here = middle(from);
  return all
    .filter((each) => each.dataset.nav === next)
    .reduce<HTMLElement | undefined>(
      (best, each) =>
        best === undefined || Math.abs(middle(each) - here) < Math.abs(middle(best) - here) ? each : best,
      undefined,
    );
}
