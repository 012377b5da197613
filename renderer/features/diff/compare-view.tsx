import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import type { Comparison } from '#shared/domain/board.ts';
import type { WorkspaceId } from '#shared/domain/ids.ts';
import type { ComparePart } from '../../stores/routes/route.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useBoard, useConnection, useWorkspace } from '../../stores/stores.tsx';
import { useClient } from '../../transport/client-context.tsx';
import type { Trouble } from '../../transport/trouble.ts';
import { toTrouble } from '../../transport/trouble.ts';
import { Bone, Bones } from '../../ui/bones.tsx';
import { Button } from '../../ui/button.tsx';
import { SegmentedControl } from '../../ui/chips.tsx';
import { cx } from '../../ui/cx.ts';
import { ArrowIcon, CompareIcon } from '../../ui/icons.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { PaneHead, Sheet } from '../../ui/sheet.tsx';
import { Page } from '../../ui/window-frame.tsx';
import { CommitsEnd, CommitsPart } from './commits-part.tsx';
import { ContentsPart } from './contents-part.tsx';
import { commitsHead, envHead, envRows, imageHead, targetHead } from './diff-words.ts';
import { EnvPart } from './env-part.tsx';
import { ImagePart } from './image-part.tsx';
import { SettingLines } from './setting-lines.tsx';
import { SideChooser } from './side-chooser.tsx';
import type { ContentsAsked } from './use-contents.ts';
import { useContents } from './use-contents.ts';

type Sides = { readonly left: string; readonly right: string };

/** Any two environments or releases, side by side: commits, env keys, image, target. */
export function CompareView({ left, right, part }: Sides & { readonly part?: ComparePart | undefined }) {
  const router = useRouter();
  const workspaceId = useWorkspace((state) => state.current?.id);
  const { comparison, trouble, again } = useComparison(workspaceId, { left, right });
  const go = (sides: Sides, next = part): void =>
    router.go(
      { view: { kind: 'compare', ...sides, ...(next === undefined ? {} : { part: next }) } },
      { replace: true },
    );
  return (
    <Page>
      <header className="mb-3 flex min-h-9 flex-wrap items-center gap-x-2.5 gap-y-2">
        <h1 className="mr-1 text-15 font-semibold">Compare</h1>
        <SideChooser
          label="Left side"
          chosen={left}
          release={comparison?.left.release}
          onChoose={(next) => go({ left: next, right })}
        />
        <ArrowIcon size={14} aria-label="with" className="flex-none text-ink-3" />
        <SideChooser
          label="Right side"
          chosen={right}
          release={comparison?.right.release}
          onChoose={(next) => go({ left, right: next })}
        />
        <Button tone="quiet" icon={CompareIcon} onClick={() => go({ left: right, right: left })}>
          Swap
        </Button>
        <span className="flex-1" />
        <SegmentedControl
          label="Part"
          value={part ?? 'all'}
          onChange={(next) =>
            next === 'all'
              ? router.go({ view: { kind: 'compare', left, right } }, { replace: true })
              : go({ left, right }, next)
          }
          items={[
            { id: 'all', label: 'All' },
            { id: 'commits', label: 'Commits' },
            { id: 'env', label: 'Env keys' },
            { id: 'image', label: 'Image' },
            { id: 'target', label: 'Target' },
          ]}
        />
      </header>
      <Sheet label={`${left} and ${right}`} className="flex-none text-12/4.5">
        {trouble !== undefined && (
          <ErrorNotice
            what={trouble.message}
            consequence={trouble.hint}
            code={trouble.code}
            action={<Button onClick={again}>Try again</Button>}
            className={comparison === undefined ? '' : 'border-b border-line'}
          />
        )}
        {comparison !== undefined ? (
          <Parts workspaceId={workspaceId} comparison={comparison} part={part} />
        ) : (
          trouble === undefined && <CompareBones />
        )}
      </Sheet>
    </Page>
  );
}

/** Asked again when a side changes and when the board does; what was shown stays until the answer comes. */
function useComparison(workspaceId: WorkspaceId | undefined, { left, right }: Sides) {
  const client = useClient();
  const connection = useConnection((state) => state.state.kind);
  const board = useBoard((state) => state.board);
  const [answer, setAnswer] = useState<{ readonly sides: string; readonly comparison: Comparison }>();
  const [trouble, setTrouble] = useState<Trouble>();
  const [attempt, setAttempt] = useState(0);
  const sides = `${left} ${right}`;
  const standing = board?.environments.map((each) => `${each.state?.release} ${each.envKeyCount}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the wire's return, another standing and a new attempt ask again
  useEffect(() => {
    if (workspaceId === undefined) return;
    const stop = new AbortController();
    client.compare({ workspaceId, left, right }, { signal: stop.signal }).then(
      (comparison) => {
        if (stop.signal.aborted) return;
        setAnswer({ sides: `${left} ${right}`, comparison });
        setTrouble(undefined);
      },
      (error: unknown) => !stop.signal.aborted && setTrouble(toTrouble(error)),
    );
    return () => stop.abort();
  }, [client, workspaceId, left, right, connection, standing, attempt]);
  return {
    comparison: answer?.sides === sides ? answer.comparison : undefined,
    trouble,
    again: () => setAttempt(attempt + 1),
  };
}

function Parts(props: {
  readonly workspaceId: WorkspaceId | undefined;
  readonly comparison: Comparison;
  readonly part: ComparePart | undefined;
}) {
  const { workspaceId, comparison, part } = props;
  const { left, right, commits, env, image, target } = comparison;
  const rows = env === undefined ? undefined : envRows(env);
  const imageEnds = imageHead(image);
  const unseen = useUnseen([left.name, right.name]);
  const isShown = part === undefined || part === 'image';
  const contentsAsked = isShown ? insideOf(workspaceId, comparison) : undefined;
  const contents = useContents(contentsAsked, { whole: true });
  const panes: Record<ComparePart, ReactNode> = {
    commits: (
      <Pane
        key="commits"
        title="Commits"
        count={commitsHead(commits).count}
        end={<CommitsEnd diff={commits} />}
      >
        <CommitsPart diff={commits} left={left.name} right={right.name} />
      </Pane>
    ),
    env: (
      <Pane key="env" title="Env keys" count={rows && envHead(rows)}>
        {rows === undefined ? (
          <OnlyEnvironments what="env keys" comparison={comparison} />
        ) : (
          <EnvPart
            rows={rows}
            columns={[
              { id: 'left', title: left.name },
              { id: 'right', title: right.name },
            ]}
            words={{
              added: `only in ${right.name}`,
              removed: `only in ${left.name}`,
              changed: 'differs',
            }}
            sameText={(keys, n) => `${keys} ${n === 1 ? 'is' : 'are'} the same on both sides`}
            remedy={(row) =>
              `${left.name} has ${row.key}. Add it to the env file of ${right.name}, or list it under env.optional in gantry.yml.`
            }
          />
        )}
      </Pane>
    ),
    image: (
      <Pane key="image" title="Image" count={imageEnds.count} end={imageEnds.end}>
        <ImagePart
          diff={image}
          left={left.release === undefined ? undefined : { name: left.release.version }}
          right={{ name: right.release?.version ?? right.name }}
        >
          {contentsAsked !== undefined && <ContentsPart state={contents} isWide={part === 'image'} />}
        </ImagePart>
      </Pane>
    ),
    target: (
      <Pane
        key="target"
        title="Target"
        count={target && unseen === undefined ? targetHead(target) : undefined}
      >
        {target === undefined ? (
          <OnlyEnvironments what="settings" comparison={comparison} />
        ) : unseen !== undefined ? (
          <p className="text-ink-2">The target of {unseen} does not answer, so settings are not compared.</p>
        ) : target.length === 0 ? (
          <p className="text-ink-2">No setting differs.</p>
        ) : (
          <SettingLines
            label={`Settings of ${left.name} and ${right.name}`}
            title={`${left.name}, then ${right.name}`}
            changes={target}
            className="-mx-5 max-wide:-mx-4"
          />
        )}
      </Pane>
    ),
  };
  if (part !== undefined) return panes[part];
  // Where there are no env keys and settings to compare, the image gets their room.
  const isBare = env === undefined && target === undefined;
  return (
    <div className="grid grid-cols-2 max-wide:block">
      <div className="min-w-0 border-r border-line max-wide:border-r-0">
        {panes.commits}
        {isBare ? [panes.env, panes.target] : panes.image}
      </div>
      <div className="min-w-0">{isBare ? panes.image : [panes.env, panes.target]}</div>
    </div>
  );
}

/** Nothing to look into where one side has no image, or both have the same. */
function insideOf(
  workspaceId: WorkspaceId | undefined,
  { left, right, image }: Comparison,
): ContentsAsked | undefined {
  const { same, leftId, rightId } = image ?? {};
  if (workspaceId === undefined || same !== false || rightId === undefined) return undefined;
  return { workspaceId, left: left.name, right: right.name, leftImageId: leftId, rightImageId: rightId };
}

/** The first of these environments whose target was asked and did not answer. */
function useUnseen(names: readonly string[]): string | undefined {
  const board = useBoard((state) => state.board);
  const isObserved = useBoard((state) => state.observedAt !== undefined);
  if (!isObserved) return undefined;
  return board?.environments.find((each) => names.includes(each.name) && each.observed.kind === 'unreachable')
    ?.name;
}

function Pane(props: {
  readonly title: string;
  readonly count?: ReactNode;
  readonly end?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}) {
  return (
    <section
      aria-label={props.title}
      className={cx(
        'min-w-0 border-t border-line px-5 pb-4 first:border-t-0 max-wide:px-4 max-wide:first:border-t',
        props.className,
      )}
    >
      <PaneHead title={props.title} count={props.count} end={props.end} />
      {props.children}
    </section>
  );
}

function OnlyEnvironments(props: { readonly what: string; readonly comparison: Comparison }) {
  const { what, comparison } = props;
  const release = [comparison.left, comparison.right].find((side) => side.release?.id === side.name);
  return (
    <p className="text-ink-2">
      {release === undefined ? 'One side' : release.name} is a release, and only environments have {what}.
    </p>
  );
}

function CompareBones() {
  return (
    <Bones label="Comparing" className="grid grid-cols-2 max-wide:block">
      {['Commits', 'Env keys', 'Image', 'Target'].map((title) => (
        <div key={title} className="border-line px-5 pt-4 pb-5">
          {['28%', '72%', '64%', '58%'].map((width) => (
            <Bone key={width} width={width} />
          ))}
        </div>
      ))}
    </Bones>
  );
}
