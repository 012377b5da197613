import type { ReactNode, Ref } from 'react';
import { Button, IconButton } from './button.tsx';
import { SearchInput } from './field.tsx';
import { grouped } from './format.ts';
import { DownIcon, FollowIcon, UpIcon } from './icons.tsx';

/** The bar over a log: which lines, search with previous and next hit, wrap, follow. */
export function LogBar(props: {
  readonly title?: string | undefined;
  /** A SegmentedControl: All steps, This step, Errors. */
  readonly children?: ReactNode;
  readonly needle: string;
  readonly onNeedle: (needle: string) => void;
  /** Place of the current hit (from 1) and how many there are; undefined while counting. */
  readonly hits?: { readonly at: number; readonly of: number } | undefined;
  readonly onPrevious: () => void;
  readonly onNext: () => void;
  readonly wrap: boolean;
  readonly onWrap: (wrap: boolean) => void;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
  readonly searchRef?: Ref<HTMLInputElement> | undefined;
}) {
  const { needle, hits } = props;
  const none = hits?.of === 0;
  return (
    <div className="flex h-11 flex-none items-center gap-2 border-b border-line bg-gutter pr-3 pl-5 max-wide:pl-4">
      <h2 className="mr-1 text-13 font-semibold">{props.title ?? 'Log'}</h2>
      {props.children}
      <span className="flex-1" />
      <SearchInput
        ref={props.searchRef}
        aria-label="Search the log"
        placeholder="Search the log"
        value={needle}
        onChange={props.onNeedle}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          if (event.shiftKey) props.onPrevious();
          else props.onNext();
        }}
        className="w-[260px] max-wide:w-[170px]"
        end={
          needle === '' ? null : (
            <>
              <span role="status" className="whitespace-nowrap text-ink-3">
                {hits && (none ? 'none' : <HitCount at={hits.at} of={hits.of} />)}
              </span>
              <IconButton
                label="Previous hit"
                icon={UpIcon}
                size="small"
                refused={none}
                onClick={props.onPrevious}
              />
              <IconButton
                label="Next hit"
                icon={DownIcon}
                size="small"
                refused={none}
                onClick={props.onNext}
              />
            </>
          )
        }
      />
      <Button
        tone="quiet"
        pressed={props.wrap}
        onClick={() => props.onWrap(!props.wrap)}
        className="max-wide:hidden"
      >
        Wrap
      </Button>
      <Button
        icon={FollowIcon}
        pressed={props.follow}
        aria-label={props.follow ? 'Following the end of the log' : 'Follow the end of the log'}
        onClick={() => props.onFollow(!props.follow)}
      >
        <span className="max-wide:hidden">{props.follow ? 'Following' : 'Follow'}</span>
      </Button>
    </div>
  );
}

/** Among thousands of hits a narrow field has room for the place only. */
function HitCount({ at, of }: { readonly at: number; readonly of: number }) {
  return (
    <>
      {grouped(at)}
      <span className={of < 1000 ? undefined : 'max-wide:hidden'}> of {grouped(of)}</span>
    </>
  );
}
