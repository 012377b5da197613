import type { ReactNode } from 'react';
import { useState } from 'react';
import { availabilityWords, shortDigest, tagWords } from '#shared/domain/availability-words.ts';
import type { BoardEnvironment } from '#shared/domain/board.ts';
import type { Plan, TagChange } from '#shared/domain/plan.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { Bytes, None } from '../../ui/amounts.tsx';
import { Bone, Bones } from '../../ui/bones.tsx';
import { QuadrantPane } from '../../ui/dialog-frame.tsx';
import { count, exact } from '../../ui/format.ts';
import { ArrowIcon } from '../../ui/icons.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { TextLink, Value } from '../../ui/value.tsx';
import type { EnvRow, EnvRows } from '../diff/index.ts';
import {
  CommitsEnd,
  CommitsPart,
  ContentsSummary,
  commitsHead,
  EnvPart,
  envHead,
  envRows,
  ImagePart,
  imageHead,
  SettingLines,
  targetHead,
  useContents,
} from '../diff/index.ts';

/** The four quarters of a plan: what would differ in commits, env keys, image and target. */
export function PlanQuadrants({
  plan,
  environment,
}: {
  readonly plan: Plan;
  readonly environment: BoardEnvironment | undefined;
}) {
  const { commits, image, target } = plan.diff;
  const now = plan.previous?.version ?? plan.previous?.id;
  const head = commitsHead(commits);
  const imageEnds = imageHead(image);
  const drifted = new Set(environment?.drift?.changes.map((change) => change.path));
  return (
    <>
      <QuadrantPane place={1} title="Commits" count={head.count} end={<CommitsEnd diff={commits} />}>
        <CommitsPart diff={commits} left={plan.previous?.id ?? plan.environment} right={plan.release.id} />
      </QuadrantPane>
      <EnvQuadrant plan={plan} />
      <QuadrantPane place={3} title="Image" count={imageEnds.count} end={imageEnds.end}>
        <Unfit plan={plan} />
        <ImagePart
          diff={image}
          left={now === undefined ? undefined : { name: now }}
          right={{ name: plan.release.version }}
        >
          <ImageWay plan={plan} />
          <Inside plan={plan} />
        </ImagePart>
        {image.same && <ImageWay plan={plan} />}
      </QuadrantPane>
      <QuadrantPane place={4} title="Target" count={targetHead(target)} end={placeOf(plan)}>
        {target.length === 0 ? (
          <p className="text-ink-2">No setting changes.</p>
        ) : (
          <SettingLines
            label={`Settings of ${plan.environment} now and after`}
            title={`${placeOf(plan)}, now and after`}
            changes={target}
            driftedPaths={drifted}
            className="-mx-5 max-wide:-mx-4"
          />
        )}
      </QuadrantPane>
    </>
  );
}

/** Comes beside the plan and never holds it up: a first look into an image may take seconds. */
function Inside({ plan }: { readonly plan: Plan }) {
  const router = useRouter();
  const { image } = plan.diff;
  const right = plan.release.id;
  // What runs there now: the environment itself names the cell that is meant, where there are several.
  const left = plan.environment;
  const state = useContents(
    image.same
      ? undefined
      : {
          workspaceId: plan.request.workspaceId,
          left,
          right,
          leftImageId: image.leftId,
          rightImageId: image.rightId ?? plan.release.imageId,
        },
  );
  if (image.same) return null;
  return (
    <ContentsSummary
      state={state}
      all={
        <TextLink href={router.href({ kind: 'compare', left, right, part: 'image' })} muted>
          All of it
        </TextLink>
      }
    />
  );
}

/** How the image comes to where its target looks, and which names there change. */
function ImageWay({ plan: { availability = [], tags = [] } }: { readonly plan: Plan }) {
  const names = tags.filter((tag) => tagWords(tag) !== undefined);
  if (availability.length + names.length === 0) return null;
  return (
    <ul aria-label="Way of the image" className="mt-3 text-ink-2">
      {availability.map((item) => {
        const { text, bytes } = availabilityWords(item);
        return (
          <li key={item.kind} className="flex gap-3 py-0.5">
            <span className="min-w-0 [overflow-wrap:anywhere]">{sentence(text)}</span>
            {bytes !== undefined && <Bytes value={bytes} className="ml-auto shrink-0" />}
          </li>
        );
      })}
      {names.map((name) => (
        <NameChange key={name.ref} {...name} />
      ))}
    </ul>
  );
}

function NameChange({ ref: name, before, after }: TagChange) {
  return (
    <li className="flex items-center gap-3 py-0.5">
      <code className="min-w-0 truncate text-ink" title={name}>
        {name}
      </code>
      <span className="ml-auto flex flex-none items-center gap-1.5">
        {before === undefined ? <None>new</None> : <code title={before}>{shortDigest(before)}</code>}
        <ArrowIcon size={12} aria-label="becomes" className="text-ink-3" />
        {after === undefined ? (
          'what the push gives'
        ) : (
          <code title={after} className="text-ink">
            {shortDigest(after)}
          </code>
        )}
      </span>
    </li>
  );
}

/** What is wrong with the image for this target, where it is looked at: its remedy is in the build. */
function Unfit({ plan: { warnings } }: { readonly plan: Plan }) {
  const blocking = warnings.filter(({ about, level }) => about === 'image' && level === 'block');
  return blocking.map(({ what, detail }) => (
    <div
      key={what}
      className="-mx-5 mb-2 border-y border-line-bad bg-tint-bad px-5 py-2 text-ink-2 max-wide:-mx-4 max-wide:px-4"
    >
      <StatusWord state="blocks" className="whitespace-normal">
        {what}
      </StatusWord>
      <p className="mt-0.5">{detail}</p>
    </div>
  ));
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function EnvQuadrant({ plan }: { readonly plan: Plan }) {
  const { env, envFrom } = plan.diff;
  const { environment, request } = plan;
  const isFirst = plan.previous === undefined;
  const rows = isFirst ? asFirst(envRows(env, envFrom)) : envRows(env, envFrom);
  return (
    <QuadrantPane
      place={2}
      title="Env keys"
      count={isFirst && rows.differing.length === 0 ? count(rows.same.length, 'key') : envHead(rows)}
      end={<EnvSource plan={plan} />}
    >
      <EnvPart
        rows={rows}
        columns={[
          ...(envFrom === undefined || request.from === undefined
            ? []
            : [{ id: 'from', title: request.from } as const]),
          { id: 'left', title: `${environment} now` },
          { id: 'right', title: `${environment} after` },
        ]}
        words={{ added: 'added', changed: 'changed', removed: 'removed' }}
        sameText={(keys, n) =>
          isFirst
            ? `${keys} ${n === 1 ? 'comes' : 'come'} with it`
            : `${keys} ${n === 1 ? 'stays as it is' : 'stay as they are'} in ${environment}`
        }
        remedy={(row) => <Remedy row={row} plan={plan} />}
      />
    </QuadrantPane>
  );
}

/** A target's own name for the place may begin with its kind. */
function placeOf({ target: { kind, label } }: Plan): string {
  return label.startsWith(`${kind} `) ? label : `${kind}, ${label}`;
}

/** On a first deploy every key is new, so that says nothing: only what is missing stands out. */
function asFirst({ differing, same }: EnvRows): EnvRows {
  return {
    differing: differing.filter((row) => row.kind === 'missing'),
    same: [...differing.filter((row) => row.kind !== 'missing'), ...same],
  };
}

function EnvSource({ plan: { env } }: { readonly plan: Plan }): ReactNode {
  if (env.kind === 'file') return <code className="text-ink-3">{env.file}</code>;
  return `as it was on ${exact(env.takenAt).slice(0, 16)}`;
}

/** The sentence of the warning about this key says what to do; the line to add is one press away. */
function Remedy({ row, plan }: { readonly row: EnvRow; readonly plan: Plan }) {
  const warning = plan.warnings.find((each) => each.about === 'env' && each.what.startsWith(`${row.key} `));
  const line = `${row.key}=`;
  const [isCopied, setCopied] = useState(false);
  return (
    <>
      <p className="whitespace-normal">{warning?.detail ?? `${plan.environment} needs it.`}</p>
      <p className="mt-1">
        <Value
          data-start="blocker"
          className="text-ink"
          onClick={() => void navigator.clipboard.writeText(line).then(() => setCopied(true))}
        >
          Copy {line}
        </Value>
        <span role="status" className="ml-3">
          {isCopied && 'Copied'}
        </span>
      </p>
    </>
  );
}

/** The same panes while the first plan is being made. */
export function QuadrantBones() {
  return (
    <>
      {(
        [
          [1, 'Commits', ['62%', '78%', '54%', '70%', '48%', '66%', '58%']],
          [2, 'Env keys', ['84%', '72%', '80%', '76%', '82%']],
          [3, 'Image', ['96%', '96%', '48%', '72%', '60%']],
          [4, 'Target', ['66%', '74%', '58%', '62%', '70%']],
        ] as const
      ).map(([place, title, lines]) => (
        <QuadrantPane key={place} place={place} title={title}>
          <Bones label={`Planning: ${title}`}>
            {lines.map((width, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: bones have no identity
              <Bone key={index} width={width} className="mb-[13px]" />
            ))}
          </Bones>
        </QuadrantPane>
      ))}
    </>
  );
}
