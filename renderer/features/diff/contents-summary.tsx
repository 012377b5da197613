import type { ReactNode } from 'react';
import { Bones } from '../../ui/bones.tsx';
import { count } from '../../ui/format.ts';
import { Value } from '../../ui/value.tsx';
import { LayerLines } from './contents-layers.tsx';
import { PackageLines } from './contents-packages.tsx';
import { filesWords, packagesWords } from './contents-words.ts';
import type { Contents } from './use-contents.ts';

/** As many as a quarter of the plan can show without scrolling. */
const IN_SUMMARY = { layers: 4, packages: 5 };

/** The same in a few lines, for a plan: what comes in, and where to read all of it. */
export function ContentsSummary({
  state: { contents, trouble, again },
  all,
}: {
  readonly state: Contents;
  /** A link to the whole comparison. */
  readonly all: ReactNode;
}) {
  if (trouble !== undefined) {
    return (
      <p className="mt-2 flex flex-wrap gap-x-3 text-11 text-ink-2">
        What is inside could not be read: {trouble.message}
        <Value muted onClick={again}>
          Try again
        </Value>
      </p>
    );
  }
  if (contents === undefined)
    return <Bones label="Reading what is inside the image" className="mt-3" lines={['64%', '72%', '48%']} />;
  const { layers, packages, files, left, right } = contents;
  const [packageText, fileText] = [packagesWords(packages), filesWords(files)];
  if (left === undefined) {
    return (
      <p className="mt-2 text-ink-2">
        {right.system !== undefined && `${right.system}, `}
        {right.files !== undefined && `${count(right.files.files, 'file')}, `}
        {count(packages.added, 'package')}. {all}
      </p>
    );
  }
  return (
    <div className="mt-2">
      <LayerLines layers={layers.added.slice(0, IN_SUMMARY.layers)} />
      {packages.list.length > 0 && (
        <div className="mt-1.5 border-t border-line pt-1.5">
          <PackageLines packages={packages.list.slice(0, IN_SUMMARY.packages)} />
        </div>
      )}
      <p className="mt-1.5 flex flex-wrap items-baseline gap-x-3 text-11 text-ink-2">
        <span>
          {[
            packageText ?? 'No package differs',
            fileText === undefined ? 'no file differs' : `files: ${fileText}`,
          ].join('; ')}
          .
        </span>
        {all}
      </p>
    </div>
  );
}
