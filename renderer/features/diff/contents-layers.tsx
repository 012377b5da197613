import type { ImageContentsDiff } from '#shared/domain/image-contents.ts';
import { Bytes, None } from '../../ui/amounts.tsx';
import { cx } from '../../ui/cx.ts';
import { bytes, count } from '../../ui/format.ts';
import { ArrowIcon } from '../../ui/icons.tsx';
import { Section } from './contents-section.tsx';
import { originOf } from './contents-words.ts';

type Facts = { readonly contents: ImageContentsDiff };

export function Layers({ contents: { layers } }: Facts) {
  const { added, removed, base } = layers;
  return (
    <Section
      title="Layers"
      end={
        base.layers > 0 &&
        `both stand on the same ${count(base.layers, 'layer')}${base.bytes === undefined ? '' : `, ${bytes(base.bytes)}`}`
      }
    >
      {added.length + removed.length === 0 ? (
        <p className="text-ink-2">All of them are the same.</p>
      ) : (
        <>
          <LayerLines word="comes" layers={added} />
          <LayerLines word="goes" layers={removed} />
        </>
      )}
    </Section>
  );
}

/** The lines of the build that made layers, each with what it holds. */
export function LayerLines(props: {
  readonly word?: 'comes' | 'goes';
  readonly layers: ImageContentsDiff['layers']['added'];
}) {
  const { word, layers } = props;
  return (
    <ul aria-label={word === 'goes' ? 'Layers that go' : 'New layers'}>
      {layers.map(({ id, createdBy, content }) => (
        <li key={id} className="flex h-6 items-center gap-3">
          {word !== undefined && (
            <span className={cx('w-10 flex-none', word === 'comes' ? 'text-ink' : 'text-ink-3')}>{word}</span>
          )}
          <code
            className={cx('min-w-0 truncate', word === 'goes' ? 'text-ink-2' : 'text-ink')}
            title={createdBy ?? id}
          >
            {createdBy ?? id.slice(0, 'sha256:'.length + 12)}
          </code>
          <span className="ml-auto flex-none text-right whitespace-nowrap text-ink-2">
            {content === undefined ? (
              <None>not read</None>
            ) : (
              <>
                {word !== undefined && (
                  <span className="mr-3 text-ink-3 max-wide:hidden">{count(content.files, 'file')}</span>
                )}
                <Bytes value={content.bytes} />
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

export function Origin({ contents, isReadingOn }: Facts & { readonly isReadingOn: boolean }) {
  const facts = originOf(contents);
  const { left, right } = contents;
  if (facts.length === 0 && right.files === undefined && !isReadingOn) return null;
  return (
    <Section title="Base and size">
      <dl>
        {facts.map(({ label, before, after }) => (
          <div key={label} className="grid grid-cols-[84px_minmax(0,1fr)] py-0.5">
            <dt className="text-ink-3">{label}</dt>
            <dd className="min-w-0 break-words text-ink">
              {left === undefined || before === after ? (
                (after ?? <None>not known</None>)
              ) : (
                <>
                  <span className="block text-ink-2">{before ?? 'not known'}</span>
                  <span className="flex items-baseline gap-1.5">
                    <ArrowIcon size={12} aria-label="becomes" className="flex-none self-center text-ink-3" />
                    <span className="min-w-0">{after ?? 'not known'}</span>
                  </span>
                </>
              )}
            </dd>
          </div>
        ))}
        {isReadingOn && (
          <div className="grid grid-cols-[84px_minmax(0,1fr)] py-0.5">
            <dt className="text-ink-3">Unpacked</dt>
            <dd className="text-ink-3">being read…</dd>
          </div>
        )}
        {right.files !== undefined && (
          <div className="grid grid-cols-[84px_minmax(0,1fr)] py-0.5">
            <dt className="text-ink-3">Unpacked</dt>
            <dd className="text-ink">
              {left?.files !== undefined && (
                <span className="text-ink-2">
                  {count(left.files.files, 'file')}, {bytes(left.files.bytes)}
                  <ArrowIcon
                    size={12}
                    aria-label="becomes"
                    className="mx-1.5 inline-block align-[-2px] text-ink-3"
                  />
                </span>
              )}
              {count(right.files.files, 'file')}, {bytes(right.files.bytes)}
            </dd>
          </div>
        )}
      </dl>
    </Section>
  );
}
