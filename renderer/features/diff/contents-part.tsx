import { Bones } from '../../ui/bones.tsx';
import { Button } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { Files } from './contents-files.tsx';
import { Layers, Origin } from './contents-layers.tsx';
import { Packages } from './contents-packages.tsx';
import { unreadWords } from './contents-words.ts';
import type { Contents } from './use-contents.ts';

/** Everything that is inside: layers with their lines, packages, files by folder, base. */
export function ContentsPart({
  state: { contents, isReadingOn, trouble, again },
  isWide,
}: {
  readonly state: Contents;
  /** It has the whole width to itself. */
  readonly isWide: boolean;
}) {
  if (trouble !== undefined) {
    return (
      <ErrorNotice
        className="mt-3 border-t border-line px-0!"
        what={trouble.message}
        consequence={`What is inside the images is not known. ${trouble.hint}`}
        code={trouble.code}
        action={<Button onClick={again}>Try again</Button>}
      />
    );
  }
  if (contents === undefined) {
    return (
      <Bones
        label="Reading what is inside the images"
        className="mt-4"
        lines={['34%', '72%', '64%', '70%', '30%', '58%', '66%']}
      />
    );
  }
  const unread = unreadWords(contents);
  return (
    <>
      <div className={cx(isWide && 'grid grid-cols-2 gap-x-10 max-wide:block')}>
        <div className="min-w-0">
          <Layers contents={contents} />
          <Origin contents={contents} isReadingOn={isReadingOn} />
        </div>
        <div className="min-w-0">
          <Packages contents={contents} />
          <Files contents={contents} />
        </div>
      </div>
      {unread !== undefined && <p className="mt-3 text-11 text-ink-3">{unread}</p>}
    </>
  );
}
