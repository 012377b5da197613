import type { ChangeEvent, KeyboardEvent, ReactNode, Ref } from 'react';
import { useId } from 'react';
import { cx } from './cx.ts';
import type { Icon } from './icons.tsx';
import { CloseIcon, SearchIcon, StopIcon } from './icons.tsx';

/** Label above, help or problem below. The render prop gets what ties the input to both. */
export function Field(props: {
  readonly label: ReactNode;
  readonly help?: ReactNode;
  readonly problem?: string | undefined;
  readonly className?: string | undefined;
  readonly children: (tie: {
    readonly id: string;
    readonly invalid: boolean;
    readonly describedBy: string | undefined;
  }) => ReactNode;
}) {
  const id = useId();
  const said = `${id}-said`;
  const invalid = props.problem !== undefined;
  const hasLine = invalid || props.help !== undefined;
  return (
    <div className={cx('grid content-start gap-1 text-12', props.className)}>
      <label htmlFor={id} className="text-ink-2">
        {props.label}
      </label>
      {props.children({ id, invalid, describedBy: hasLine ? said : undefined })}
      {invalid ? (
        <span id={said} role="alert" className="inline-flex items-center gap-1.5 font-medium text-bad">
          <StopIcon size={14} aria-hidden="true" />
          {props.problem}
        </span>
      ) : (
        props.help !== undefined && (
          <span id={said} className="text-11 text-ink-3">
            {props.help}
          </span>
        )
      )}
    </div>
  );
}

export type TextInputProps = {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly id?: string | undefined;
  readonly invalid?: boolean | undefined;
  readonly describedBy?: string | undefined;
  readonly mono?: boolean | undefined;
  readonly icon?: Icon | undefined;
  readonly placeholder?: string | undefined;
  readonly onEnter?: (() => void) | undefined;
  readonly onKeyDown?: ((event: KeyboardEvent<HTMLInputElement>) => void) | undefined;
  /** What stands at the right inside the field: a count of hits, a key. */
  readonly end?: ReactNode;
  readonly size?: 'control' | 'tall' | undefined;
  readonly ref?: Ref<HTMLInputElement> | undefined;
  readonly className?: string | undefined;
  readonly type?: 'text' | 'password' | 'search' | undefined;
  readonly 'aria-label'?: string | undefined;
  readonly 'data-start'?: 'blocker' | 'confirm' | undefined;
};

export function TextInput(props: TextInputProps) {
  const { icon: IconPart, mono = false, size = 'control', invalid = false } = props;
  return (
    <span
      className={cx(
        'flex min-w-0 items-center gap-2 rounded-control border bg-sheet px-2 text-12 has-[input:focus-visible]:border-accent has-[input:focus-visible]:outline-2 has-[input:focus-visible]:outline-accent',
        size === 'tall' ? 'h-8 text-13' : 'h-7',
        invalid ? 'border-bad' : 'border-field',
        props.className,
      )}
    >
      {IconPart && <IconPart size={14} aria-hidden="true" className="flex-none text-ink-3" />}
      <input
        ref={props.ref}
        id={props.id}
        type={props.type ?? 'text'}
        value={props.value}
        placeholder={props.placeholder}
        aria-label={props['aria-label']}
        aria-invalid={invalid || undefined}
        aria-describedby={props.describedBy}
        data-start={props['data-start']}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        onChange={(event: ChangeEvent<HTMLInputElement>) => props.onChange(event.target.value)}
        onKeyDown={(event) => {
          props.onKeyDown?.(event);
          if (event.key === 'Enter' && !event.nativeEvent.isComposing) props.onEnter?.();
        }}
        className={cx(
          'min-w-0 flex-1 bg-transparent outline-none placeholder:text-ink-3 [&::-webkit-search-cancel-button]:hidden',
          mono && 'font-mono',
        )}
      />
      {props.end}
    </span>
  );
}

/** A search over the view: Esc empties it first, and only an empty one lets Esc through to the layer above. */
export function SearchInput(
  props: Omit<TextInputProps, 'icon' | 'type'> & { readonly 'aria-label': string },
) {
  const { onChange, value } = props;
  return (
    <TextInput
      {...props}
      icon={SearchIcon}
      type="search"
      onKeyDown={(event) => {
        props.onKeyDown?.(event);
        if (event.key === 'Escape' && value !== '') {
          event.preventDefault();
          event.stopPropagation();
          onChange('');
        }
      }}
      end={
        props.end ??
        (value === '' ? undefined : (
          <button
            type="button"
            aria-label="Clear search"
            onClick={() => onChange('')}
            className="grid size-[18px] flex-none place-items-center rounded text-ink-2 hover:bg-hover"
          >
            <CloseIcon size={12} aria-hidden="true" />
          </button>
        ))
      }
    />
  );
}
