import type { ReactNode } from 'react';
import type { ImageDiff } from '#shared/domain/image-diff.ts';
import { Bytes } from '../../ui/amounts.tsx';
import { cx } from '../../ui/cx.ts';
import { count } from '../../ui/format.ts';
import { Digest } from '../../ui/identity.tsx';
import { sameConfig } from './diff-words.ts';
import { SettingLines } from './setting-lines.tsx';

type Side = { readonly name: string; readonly imageId?: string | undefined };

/** Layers shared, gone and new, by their number; the configuration where it differs. */
export function ImagePart(props: {
  readonly diff: ImageDiff | undefined;
  readonly left: Side | undefined;
  readonly right: Side;
  /** What is inside, where that is known. */
  readonly children?: ReactNode;
}) {
  const { diff, left, right, children } = props;
  if (diff === undefined)
    return <p className="text-ink-2">One side has no image yet, so there is nothing to compare.</p>;
  if (diff.same) {
    return (
      <p className="flex items-center gap-2 text-ink-2">
        The same bytes on both sides.
        {diff.rightId !== undefined && <Digest value={diff.rightId} />}
        {diff.rightSize !== undefined && <Bytes value={diff.rightSize} className="ml-auto text-ink" />}
      </p>
    );
  }
  const { layersShared, layersGone, layersNew } = diff;
  const widest = layersShared + Math.max(layersGone, layersNew);
  const same = sameConfig(diff);
  return (
    <>
      <div className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-3 gap-y-1.5 pt-0.5">
        {left !== undefined && diff.leftSize !== undefined && (
          <LayerBar
            name={left.name}
            size={diff.leftSize}
            widest={widest}
            shared={layersShared}
            gone={layersGone}
          />
        )}
        {diff.rightSize !== undefined && (
          <LayerBar
            name={right.name}
            size={diff.rightSize}
            widest={widest}
            shared={layersShared}
            fresh={layersNew}
          />
        )}
      </div>
      <p className="mt-2 flex flex-wrap gap-x-4 text-11 text-ink-2">
        {diff.leftSize !== undefined && (
          <>
            <Key look={looks.shared}>{layersShared} shared</Key>
            <Key look={looks.gone}>{layersGone} go</Key>
          </>
        )}
        <Key look={looks.fresh}>
          {layersNew}{' '}
          {diff.leftSize === undefined ? `${layersNew === 1 ? 'layer' : 'layers'}, the first here` : 'come'}
        </Key>
      </p>
      {children}
      {diff.config.length > 0 && (
        <div className="mt-3">
          <p className="text-11 text-ink-3">{count(diff.config.length, 'setting')} of the image</p>
          <SettingLines label="Image configuration before and after" changes={diff.config} className="mt-1" />
        </div>
      )}
      {same !== undefined && <p className="mt-3 text-11 text-ink-3">{same}</p>}
    </>
  );
}

const looks = {
  shared: 'bg-bar-3',
  gone: 'hatched',
  fresh: 'bg-bar-1',
} as const;

/** One segment for each layer: what is shown is their number, not how large each is. */
function LayerBar(props: {
  readonly name: string;
  readonly size: number;
  readonly widest: number;
  readonly shared: number;
  readonly gone?: number;
  readonly fresh?: number;
}) {
  const { name, size, widest, shared, gone = 0, fresh = 0 } = props;
  const layers = [
    ...Array.from({ length: shared }, () => looks.shared),
    ...Array.from({ length: gone }, () => looks.gone),
    ...Array.from({ length: fresh }, () => looks.fresh),
  ];
  return (
    <>
      <span className="max-w-28 truncate text-ink-2" title={name}>
        {name}
      </span>
      <div aria-hidden="true" className="flex h-3 gap-px">
        {layers.map((look, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a layer is its place
          <i key={index} className={cx('h-full flex-1 first:rounded-l-tag', look)} />
        ))}
        {widest > layers.length && <i style={{ flex: widest - layers.length }} />}
      </div>
      <Bytes value={size} className="text-right text-ink" />
    </>
  );
}

function Key({ look, children }: { readonly look: string; readonly children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <i className={cx('h-2 w-3.5 rounded-[1px]', look)} />
      {children}
    </span>
  );
}
