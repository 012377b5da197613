import type { ReactNode } from 'react';
import { Bytes } from '../ui/amounts.tsx';
import { arrowNav } from '../ui/arrow-nav.ts';
import { Button } from '../ui/button.tsx';
import { SegmentedControl } from '../ui/chips.tsx';
import { ArrowIcon, BackIcon, HoldIcon } from '../ui/icons.tsx';
import { CommitSha, Digest, ReleaseId } from '../ui/identity.tsx';
import { MoreMenu } from '../ui/menu.tsx';
import type { RailState } from '../ui/rail.tsx';
import { Rail } from '../ui/rail.tsx';
import type { CellTone } from '../ui/sheet.tsx';
import { Cell, RowSheet, SectionHead, SheetRow } from '../ui/sheet.tsx';
import { StatusWord } from '../ui/status-word.tsx';
import type { Status } from '../ui/status-words.ts';
import { StepTrack, trackAt } from '../ui/step-track.tsx';
import { RelativeTime } from '../ui/time.tsx';
import { TextLink, Value } from '../ui/value.tsx';
import { Page } from '../ui/window-frame.tsx';
import { Frame } from './frame.tsx';
import { ago, sampleDigests } from './sample.ts';

const none = (): void => {};

/** The parts as the board uses them; the real board lives in features/board. */
export function BoardPage() {
  return (
    <Frame current="board">
      <Page>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move between the parts inside */}
        <div
          onKeyDown={arrowNav}
          className="grid grid-cols-[92px_minmax(0,1fr)_156px_minmax(0,1fr)_156px_minmax(0,1fr)] grid-rows-[48px_auto_auto_auto_repeat(4,41px)_52px] overflow-hidden rounded-sheet border border-edge bg-sheet max-wide:grid-cols-[minmax(0,1fr)_96px_minmax(0,1fr)_96px_minmax(0,1fr)]"
        >
          <div aria-hidden="true" className={`${column} max-wide:hidden`}>
            {['', 'Now', 'Release', 'Commit', 'Health', 'Image', 'Env keys', 'Target', ''].map(
              (word, index) => (
                <Cell
                  key={word || String(index)}
                  className="border-line pr-0 text-11! text-ink-3 first:border-t-0"
                >
                  {word}
                </Cell>
              ),
            )}
          </div>
          <Env
            name="dev"
            state="healthy"
            digest={sampleDigests.dev}
            release="r-8f21c0"
            version="1.4.2-dev"
            at={4}
            size={73_300_000}
            sha="3f2c1a9"
            subject="Send typing indicators through Redis pub/sub"
            now={
              <>
                <p>2 changed files are in no release yet</p>
                <Value onClick={none}>Build and deploy…</Value>
              </>
            }
            acts={
              <>
                <Button>Deploy…</Button>
                <Button icon={BackIcon} iconWide>
                  Roll back…
                </Button>
              </>
            }
          />
          <Gap
            state={{ kind: 'in-flight', at: 0.52, label: 'Promotion in flight, step 3 of 5' }}
            act={
              <Button>
                <span>
                  Open run<span className="max-wide:hidden"> 218</span>
                </span>
              </Button>
            }
            now={
              <>
                <b className="font-medium text-ink">r-8f21c0</b>
                <span>on its way</span>
              </>
            }
            keys={
              <Value onClick={none} className="text-ink">
                1<span className="max-wide:hidden"> key</span> added
              </Value>
            }
          />
          <Env
            name="staging"
            state="promoting"
            tone="accent"
            digest={sampleDigests.staging}
            release="r-77ab10"
            version="1.4.1"
            at={1212}
            size={72_200_000}
            sha="b90e4d2"
            subject="Resume a dropped stream from its last token"
            now={
              <>
                <p className="flex gap-2">
                  <strong className="font-semibold text-ink">Step 3 of 5</strong>Wait until healthy
                  <span className="ml-auto font-mono">0:41</span>
                </p>
                <StepTrack steps={trackAt(3, 5)} />
                <p className="flex justify-between">
                  <span>1:19 left, then it rolls back</span>
                  <Value onClick={none}>Cancel</Value>
                </p>
              </>
            }
            acts={
              <Button icon={BackIcon} iconWide reason="Leased to run 218">
                Roll back…
              </Button>
            }
          />
          <Gap
            state={{ kind: 'ahead' }}
            act={
              <Button tone="solid">
                <span>
                  Promote<span className="max-wide:hidden"> to prod</span>…
                </span>
              </Button>
            }
            now={
              <>
                <Value onClick={none}>5 of 6 gates</Value>
                <span className="text-ink-3">open</span>
              </>
            }
            keys={
              <StatusWord state="blocks">
                <Value onClick={none}>
                  1<span className="max-wide:hidden"> key</span> missing
                </Value>
              </StatusWord>
            }
          />
          <Env
            name="prod"
            state="drift"
            tone="warn"
            digest={sampleDigests.prod}
            release="r-5c09e4"
            version="1.4.0"
            at={12960}
            size={71_500_000}
            sha="51d7f0e"
            subject="Cap tool-call recursion at eight"
            now={
              <>
                <strong className="font-semibold text-ink">2 settings changed outside Gantry</strong>
                <p>In the Cloud Run console, 3 h ago</p>
                <p className="flex gap-2">
                  <Value onClick={none}>Show changes</Value>
                  <Value onClick={none}>Adopt…</Value>
                </p>
              </>
            }
            acts={
              <>
                <Button icon={BackIcon} iconWide>
                  Roll back…
                </Button>
                <Button icon={HoldIcon} className="max-wide:hidden">
                  Hold…
                </Button>
                <MoreMenu
                  label="More actions for prod"
                  className="wide:hidden"
                  items={[{ kind: 'action', id: 'hold', label: 'Hold…', icon: HoldIcon, onSelect: none }]}
                />
              </>
            }
          />
        </div>
        <SectionHead
          title="Runs"
          end={
            <TextLink href="#history" muted>
              All history
            </TextLink>
          }
        >
          <SegmentedControl
            label="Show"
            value="all"
            onChange={none}
            items={[
              { id: 'all', label: 'All' },
              { id: 'running', label: 'Running', count: 1 },
              { id: 'failed', label: 'Failed', count: 2 },
            ]}
          />
        </SectionHead>
        <RowSheet
          label="Runs"
          columns="116px 44px minmax(180px,1.1fr) 168px minmax(220px,1.7fr) 64px 104px 116px"
          narrowColumns="100px minmax(120px,1fr) 84px minmax(140px,1.5fr) 44px 76px"
        >
          {runs.map((run) => (
            <SheetRow key={run.n} href={`#${run.n}`}>
              <StatusWord state={run.state} />
              <span className="text-ink-3 max-wide:hidden">{run.n}</span>
              <span className="flex items-center gap-1.5 font-medium">
                {run.verb}
                <span className="font-normal text-ink-2">{run.from}</span>
                {run.to && <ArrowIcon size={12} aria-hidden="true" className="text-ink-3" />}
                <span className="font-normal text-ink-2">{run.to}</span>
              </span>
              <code>{run.release}</code>
              <span className="truncate text-ink-2">{run.said}</span>
              <span className="text-right font-mono">{run.took}</span>
              <span className="text-right text-ink-3">
                <RelativeTime at={ago(run.ago)} />
              </span>
              <span className="text-ink-2 max-wide:hidden">mo</span>
            </SheetRow>
          ))}
        </RowSheet>
      </Page>
    </Frame>
  );
}

const column = 'row-span-full grid grid-rows-subgrid min-w-0';

function Env(props: {
  readonly name: string;
  readonly state: Status;
  readonly tone?: CellTone;
  readonly now: ReactNode;
  readonly acts: ReactNode;
  readonly digest: string;
  readonly release: string;
  readonly version: string;
  readonly at: number;
  readonly size: number;
  readonly sha: string;
  readonly subject: string;
}) {
  return (
    <section aria-label={props.name} className={column}>
      <div className="flex min-w-0 items-center gap-2 px-4 max-wide:px-3">
        <h2 className="text-15 font-semibold">{props.name}</h2>
        <StatusWord state={props.state} className="ml-auto text-12" />
      </div>
      <Cell tone={props.tone} className="flex flex-col items-start gap-1 *:w-full [&>button]:w-auto">
        {props.now}
      </Cell>
      <Cell>
        <ReleaseId id={props.release} version={props.version} size="board" />
        <p className="text-ink-3">
          Deployed <RelativeTime at={ago(props.at)} />
        </p>
      </Cell>
      <Cell>
        <p className="truncate text-13/4.5 text-ink">{props.subject}</p>
        <p className="text-ink-3">
          <CommitSha sha={props.sha} /> mo, yesterday
        </p>
      </Cell>
      <Cell className="flex items-center gap-2">
        <StatusWord state="healthy" />
        <span>
          for <RelativeTime at={ago(props.at)} as="span" />
        </span>
        <span className="ml-auto text-ink-3">
          <code className="max-wide:hidden">/healthz</code> 14 ms
        </span>
      </Cell>
      <Cell className="flex items-center gap-2">
        <Digest value={props.digest} />
        <Bytes value={props.size} className="ml-auto text-ink-3" />
      </Cell>
      <Cell className="flex items-center gap-2">
        <code className="text-ink">.env.{props.name}</code>
        <span className="ml-auto text-ink-3">24 keys</span>
      </Cell>
      <Cell className="flex items-center gap-2">
        <span className="text-ink">compose</span>
        <code className="truncate">chatbot-{props.name} / web</code>
      </Cell>
      <Cell className="flex items-center gap-2 py-0">{props.acts}</Cell>
    </section>
  );
}

function Gap(props: {
  readonly state: RailState;
  readonly now: ReactNode;
  readonly keys: ReactNode;
  readonly act: ReactNode;
}) {
  const cell = 'flex flex-col items-center px-2 text-center max-wide:px-1';
  return (
    <section aria-label="Between" className={`${column} border-x border-line bg-gutter`}>
      <Rail state={props.state} onOpen={none} />
      <Cell className={cell}>{props.now}</Cell>
      <Cell className={cell}>
        <Value onClick={none} className="text-ink">
          1 release
        </Value>
        <span className="text-ink-3">ahead</span>
      </Cell>
      <Cell className={cell}>
        <Value onClick={none} className="text-ink">
          3 commits
        </Value>
        <span className="text-ink-3">2 authors</span>
      </Cell>
      <Cell />
      <Cell className={cell}>
        <Value onClick={none} className="text-ink">
          <Bytes value={1_100_000} signed />
        </Value>
      </Cell>
      <Cell className={cell}>{props.keys}</Cell>
      <Cell className={`${cell} text-ink-3`}>no change</Cell>
      <Cell className="flex items-center justify-center px-0 py-0 max-wide:px-0">{props.act}</Cell>
    </section>
  );
}

type Run = {
  readonly n: number;
  readonly state: Status;
  readonly verb: string;
  readonly from?: string;
  readonly to?: string;
  readonly release: string;
  readonly said: string;
  readonly took: string;
  readonly ago: number;
};
const runs: readonly Run[] = [
  {
    n: 218,
    state: 'running',
    verb: 'Promote',
    from: 'dev',
    to: 'staging',
    release: 'r-8f21c0',
    said: 'Step 3 of 5, wait until healthy',
    took: '0:41',
    ago: 0,
  },
  {
    n: 217,
    state: 'succeeded',
    verb: 'Deploy',
    from: 'to dev',
    release: 'r-8f21c0',
    said: 'Healthy after 6 s, digest verified',
    took: '0:19',
    ago: 4,
  },
  {
    n: 215,
    state: 'failed',
    verb: 'Build',
    release: 'r-8f21c0',
    said: 'RUN npm run build: 3 type errors in src/stream/resume.ts',
    took: '0:27',
    ago: 18,
  },
  {
    n: 214,
    state: 'errored',
    verb: 'Deploy',
    from: 'to dev',
    release: 'r-4b7e02',
    said: 'Docker stopped answering after step 2; dev was not changed',
    took: '0:30',
    ago: 130,
  },
  {
    n: 213,
    state: 'rolled-back',
    verb: 'Promote',
    from: 'dev',
    to: 'staging',
    release: 'r-77ab10',
    said: 'Never became healthy; staging is back on r-5c09e4',
    took: '1:04',
    ago: 1212,
  },
  {
    n: 212,
    state: 'cancelled',
    verb: 'Build',
    release: 'r-77ab10',
    said: 'Stopped at step 12 of 34',
    took: '0:09',
    ago: 1400,
  },
];
