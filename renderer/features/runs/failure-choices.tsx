import { type KeyboardEvent, useEffect, useRef } from 'react';
import { cx } from '../../ui/cx.ts';
import { Kbd } from '../../ui/kbd.tsx';
import type { Offer } from './run-offers.ts';
import { useOfferAction } from './use-offer-action.ts';

const keys: Partial<Record<Offer['id'], string>> = { 'roll-back': 'b', retry: 'r', leave: 'g' };

/** What can be done about the step that went wrong. A refused one says why and keeps its place. */
export function FailureChoices({ choices }: { readonly choices: readonly Offer[] }) {
  const act = useOfferAction();
  const group = useRef<HTMLDivElement>(null);
  // Of a long run the failed step may stand below what the pane shows.
  useEffect(() => {
    group.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset groups fields, and these are buttons
    <div ref={group} role="group" aria-label="What to do now" className="border-b border-line">
      {choices.map((choice) => (
        <Choice key={choice.id} choice={choice} onChoose={() => act(choice)} />
      ))}
    </div>
  );
}

function Choice({ choice, onChoose }: { readonly choice: Offer; readonly onChoose: () => void }) {
  const { label, detail, reason } = choice;
  const key = keys[choice.id];
  const isRefused = reason !== undefined;
  return (
    <button
      type="button"
      data-nav=""
      aria-disabled={isRefused || undefined}
      aria-keyshortcuts={key}
      title={choice.title}
      onClick={isRefused ? undefined : onChoose}
      className={cx(
        'focus-inset grid w-full grid-cols-[minmax(0,1fr)_auto] items-center gap-x-2 py-2 pr-5 pl-[46px] text-left transition-ground max-wide:pr-4 max-wide:pl-[42px]',
        isRefused ? 'cursor-not-allowed' : 'hover:bg-hover',
      )}
    >
      <span className={cx('truncate text-13 font-semibold', isRefused ? 'text-ink-3' : 'text-ink')}>
        {label}
      </span>
      {key !== undefined && !isRefused && <Kbd>{key.toUpperCase()}</Kbd>}
      <span className={cx('col-span-2 leading-4', isRefused ? 'text-ink-3' : 'text-ink-2')}>
        {reason ?? detail}
      </span>
    </button>
  );
}

/** B, R and G choose while the failed step or anything in it has focus. */
export function useChoiceKeys(
  choices: readonly Offer[] | undefined,
): ((event: KeyboardEvent<HTMLElement>) => void) | undefined {
  const act = useOfferAction();
  if (choices === undefined) return undefined;
  return (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    const choice = choices.find(({ id }) => keys[id] === event.key.toLowerCase());
    if (choice === undefined || choice.reason !== undefined) return;
    event.preventDefault();
    act(choice);
  };
}
