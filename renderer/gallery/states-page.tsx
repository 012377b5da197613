import type { ReactNode } from 'react';
import { useState } from 'react';
import { Count, None } from '../ui/amounts.tsx';
import { Bones } from '../ui/bones.tsx';
import { Button, ButtonLink, IconButton } from '../ui/button.tsx';
import { Chip, SegmentedControl, SetChip } from '../ui/chips.tsx';
import { CommandPalette } from '../ui/command-palette.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { DialogFoot, SmallDialog } from '../ui/dialog-frame.tsx';
import { Field, SearchInput, TextInput } from '../ui/field.tsx';
import { BackIcon, CopyIcon, FollowIcon } from '../ui/icons.tsx';
import { Masked } from '../ui/identity.tsx';
import { Keys } from '../ui/kbd.tsx';
import { Menu } from '../ui/menu.tsx';
import { EmptyNotice, ErrorNotice } from '../ui/notice.tsx';
import { Popover } from '../ui/popover.tsx';
import { Rail } from '../ui/rail.tsx';
import { Cell, DayHead, FactList, Sheet } from '../ui/sheet.tsx';
import { StatusWord } from '../ui/status-word.tsx';
import type { Status } from '../ui/status-words.ts';
import { StepTrack, trackAt } from '../ui/step-track.tsx';
import type { Theme } from '../ui/theme.ts';
import { Elapsed, Remaining } from '../ui/time.tsx';
import type { ToastItem } from '../ui/toast.tsx';
import { ToastRegion } from '../ui/toast.tsx';
import { Value } from '../ui/value.tsx';
import { Marked } from '../ui/virtual-log.tsx';
import { samplePalette } from './frame.tsx';
import { NOW } from './sample.ts';

const none = (): void => {};

const words: readonly { readonly of: string; readonly states: readonly Status[] }[] = [
  {
    of: 'Step, run',
    states: [
      'not-yet',
      'running',
      'succeeded',
      'failed',
      'errored',
      'skipped',
      'cancelled',
      'rolled-back',
      'unverified',
    ],
  },
  { of: 'After a crash', states: ['recovered', 'interrupted'] },
  {
    of: 'Environment',
    states: [
      'healthy',
      'promoting',
      'deploying',
      'rolling-back',
      'unhealthy',
      'drift',
      'on-hold',
      'leased',
      'empty',
      'observing',
      'unreachable',
    ],
  },
  { of: 'Elsewhere', states: ['building', 'planning'] },
  { of: 'Gate, warning', states: ['open', 'closed-for-now', 'closed', 'blocks', 'note'] },
];

/** Every state the screens need, beside the picture look/states. */
export function StatesPage({ theme }: { readonly theme: Theme }) {
  return (
    <div className="scrollbar-quiet h-full overflow-auto">
      <div className="mx-auto max-w-[1392px] px-6 pt-6 pb-8 text-12/4.5">
        <h1 className="text-18 font-semibold">States and components</h1>
        <ThemePicker theme={theme} />
        <Title>An environment, state by state</Title>
        <Environments />
        <div className="grid grid-cols-[minmax(0,1.5fr)_minmax(0,1fr)] gap-x-6 max-wide:grid-cols-1">
          <div>
            <Title>Between two environments</Title>
            <Sheet className="grid grid-cols-5 gap-x-4 px-4">
              <Between text="Same digest, same env snapshot.">
                <Rail className="h-11" state={{ kind: 'in-sync' }} onOpen={none} />
              </Between>
              <Between text="Left is ahead.">
                <Rail className="h-11" state={{ kind: 'ahead' }} onOpen={none} />
              </Between>
              <Between text="Right is ahead, a hotfix went around.">
                <Rail className="h-11" state={{ kind: 'behind' }} onOpen={none} />
              </Between>
              <Between text="In flight, 3 of 5.">
                <Rail
                  className="h-11"
                  state={{ kind: 'in-flight', at: 0.52, label: 'In flight, step 3 of 5' }}
                  onOpen={none}
                />
              </Between>
              <Between text="A key is missing or a gate is closed.">
                <Rail className="h-11" state={{ kind: 'blocked' }} onOpen={none} />
              </Between>
            </Sheet>
            <Title>Words and icons</Title>
            <Sheet>
              {words.map((line) => (
                <dl
                  key={line.of}
                  className="grid grid-cols-[104px_1fr] border-line px-4 py-2 not-first:border-t"
                >
                  <dt className="text-ink-3">{line.of}</dt>
                  <dd className="flex flex-wrap gap-x-[18px] gap-y-1">
                    {line.states.map((state) => (
                      <StatusWord key={state} state={state} />
                    ))}
                  </dd>
                </dl>
              ))}
            </Sheet>
            <Title>Buttons and fields</Title>
            <Controls />
            <Title>The foot of a plan</Title>
            <Feet />
          </div>
          <div>
            <Title>Error, empty, notice</Title>
            <Sheet className="divide-y divide-line">
              <ErrorNotice
                what="Docker is not answering"
                consequence="Builds and compose targets wait. The board shows what was last seen; history still works."
                action={
                  <>
                    <Button>Try again</Button>
                    <Button tone="quiet">Details</Button>
                  </>
                }
                code="engine-unreachable"
              />
              <EmptyNotice title="No run mentions “recconect”" action={<Button>Clear search</Button>}>
                Looked in 218 runs, their logs, notes and env keys.
              </EmptyNotice>
              <EmptyNotice
                title="Open a workspace"
                action={
                  <>
                    <Button tone="solid">Open folder…</Button>
                    <Keys chord="mod+o" />
                  </>
                }
              >
                A folder with a Dockerfile is enough. Gantry reads it and changes nothing until you trust it.
              </EmptyNotice>
            </Sheet>
            <Title>Small parts</Title>
            <SmallParts />
            <Floating />
          </div>
        </div>
      </div>
    </div>
  );
}

function Title({ children }: { readonly children: string }) {
  return <h2 className="mt-5 mb-2 text-13 font-semibold">{children}</h2>;
}

function ThemePicker({ theme }: { readonly theme: Theme }) {
  const [choice, setChoice] = useState(theme.choice());
  return (
    <SegmentedControl
      label="Theme"
      className="mt-1"
      value={choice}
      onChange={(next) => {
        theme.choose(next);
        setChoice(next);
      }}
      items={[
        { id: 'system', label: 'System' },
        { id: 'light', label: 'Light' },
        { id: 'dark', label: 'Dark' },
      ]}
    />
  );
}

function Between({ text, children }: { readonly text: string; readonly children: ReactNode }) {
  return (
    <div className="border-x border-line bg-gutter">
      {children}
      <p className="px-3 pb-3 text-center text-ink-2">{text}</p>
    </div>
  );
}

function Environments() {
  const head = (name: string, state: Status) => (
    <div className="flex h-11 items-center px-4">
      <h3 className="text-15 font-semibold">{name}</h3>
      <StatusWord state={state} className="ml-auto" />
    </div>
  );
  return (
    <Sheet className="grid grid-cols-3 divide-x divide-line">
      <div>
        {head('dev', 'empty')}
        <Cell className="min-h-16">
          Nothing has been deployed here.
          <br />
          Build once, then deploy the release.
        </Cell>
        <Cell className="py-2.5">
          <Button tone="solid">Build and deploy…</Button>
        </Cell>
      </div>
      <div>
        {head('staging', 'observing')}
        <Cell className="min-h-16">
          <Bones label="Observing staging" />
        </Cell>
        <Cell className="text-11! text-ink-3">Shown after 400 ms, never sooner</Cell>
      </div>
      <div>
        {head('prod', 'unreachable')}
        <Cell tone="warn" className="min-h-16">
          <strong className="font-semibold text-ink">Cloud Run has not answered for 2 min</strong>
          <br />
          Facts below are from 14:30.
        </Cell>
        <Cell className="py-2.5">
          <Button icon={BackIcon}>Observe again</Button>
        </Cell>
      </div>
      <div className="border-t border-line">
        {head('prod', 'on-hold')}
        <Cell tone="warn">Held since yesterday by mo</Cell>
      </div>
      <div className="border-t border-line">
        {head('staging', 'unhealthy')}
        <Cell tone="bad">/healthz answers 503 since 14:12</Cell>
      </div>
      <div className="border-t border-line">
        {head('prod', 'leased')}
        <Cell>
          <Button reason="Free in about 1 min">Promote…</Button>
        </Cell>
      </div>
    </Sheet>
  );
}

function Controls() {
  const [release, setRelease] = useState('r-77');
  const [deadline, setDeadline] = useState('2 sec');
  const [reason, setReason] = useState('Payment freeze until Monday');
  return (
    <Sheet className="px-4 py-1">
      <div className="flex flex-wrap items-center gap-3 py-2.5">
        <Button tone="solid">Promote to prod…</Button>
        <Button tone="solid" kbd="B">
          Build
        </Button>
        <Button tone="solid" refused>
          Disabled
        </Button>
        <Button tone="solid" reason="Leased to run 218">
          Roll back…
        </Button>
      </div>
      <div className="flex flex-wrap items-center gap-3 border-t border-line py-2.5">
        <Button>Compare</Button>
        <Button icon={BackIcon}>Roll back…</Button>
        <Button icon={FollowIcon} pressed>
          Pressed
        </Button>
        <Button tone="quiet">Quiet</Button>
        <ButtonLink href="#run">Open run 218</ButtonLink>
        <IconButton label="Copy" icon={CopyIcon} />
        <CopyButton value="sha256:9b1c04e7a2f8" what="digest" />
      </div>
      <div className="flex flex-wrap items-start gap-3 border-t border-line py-2.5 *:w-[200px]">
        <Field label="Reason">{(tie) => <TextInput {...tie} value={reason} onChange={setReason} />}</Field>
        <SearchInput aria-label="Release" className="mt-5" value={release} onChange={setRelease} />
        <Field label="Deadline" problem="At least 5 s">
          {(tie) => <TextInput {...tie} value={deadline} onChange={setDeadline} />}
        </Field>
        <Field label="Note" help="Stands in the history.">
          {(tie) => <TextInput {...tie} placeholder="none" value="" onChange={none} />}
        </Field>
      </div>
    </Sheet>
  );
}

function Feet() {
  return (
    <Sheet>
      <DialogFoot
        className="border-t-0"
        state={<StatusWord state="open">Ready</StatusWord>}
        text="6 of 6 gates open, nothing blocks"
      >
        <Button kbd="Esc">Cancel</Button>
        <Button tone="solid">Promote r-77ab10 to prod</Button>
      </DialogFoot>
      <DialogFoot
        className="border-line!"
        state={<StatusWord state="note">Plan is stale</StatusWord>}
        text="prod changed after 14:32:07. Nothing was started."
      >
        <Button kbd="Esc">Cancel</Button>
        <Button tone="solid">Plan again</Button>
      </DialogFoot>
      <DialogFoot
        className="border-line!"
        state={<StatusWord state="planning" />}
        text="Comparing images, 2 of 4 parts done"
      >
        <Button kbd="Esc">Cancel</Button>
        <Button tone="solid" refused>
          Promote r-77ab10 to prod
        </Button>
      </DialogFoot>
    </Sheet>
  );
}

function SmallParts() {
  return (
    <Sheet>
      <DayHead name="Yesterday" date="Wed 11 March" />
      <FactList
        facts={[
          { label: 'Elapsed', value: <Elapsed from={NOW - 41_000} /> },
          { label: 'Left', value: <Remaining until={NOW + 79_000} /> },
          { label: 'Secret', value: <Masked /> },
          {
            label: 'Count',
            value: (
              <>
                <Count n={24} one="key" />, <Count n={1} one="key" />, <Count n={0} one="key" />
              </>
            ),
          },
          { label: 'Nothing', value: <None /> },
          { label: 'Match', value: <Marked text="Clients reconnect in a storm" needle="reconnect" /> },
          {
            label: 'Track',
            value: (
              <StepTrack
                steps={[...trackAt(3, 5).slice(0, 2), 'failed', 'todo', 'todo']}
                label="Failed at step 3 of 5"
              />
            ),
          },
        ]}
      />
    </Sheet>
  );
}

function Floating() {
  const [palette, setPalette] = useState(false);
  const [query, setQuery] = useState('roll');
  const [small, setSmall] = useState(false);
  const [toasts, setToasts] = useState<readonly ToastItem[]>([]);
  const chip = <Chip>Outcome</Chip>;
  return (
    <>
      <h2 className="mt-5 mb-2 text-13 font-semibold">What floats</h2>
      <Sheet className="flex flex-wrap items-center gap-2 p-4">
        <Button onClick={() => setPalette(true)}>Palette</Button>
        <Button onClick={() => setSmall(true)}>Small dialog</Button>
        <Button
          onClick={() =>
            setToasts([
              ...toasts,
              {
                id: String(toasts.length),
                state: 'succeeded',
                title: 'staging runs r-8f21c0',
                detail: 'Promoted from dev in 1:04',
                sticky: true,
                action: <Value onClick={none}>Open run</Value>,
              },
            ])
          }
        >
          Toast
        </Button>
        <Menu
          label="Outcome"
          trigger={chip}
          items={[
            { kind: 'heading', id: 'h', label: 'Outcome' },
            {
              kind: 'choice',
              id: 'f',
              label: 'Failed',
              detail: '2',
              chosen: true,
              keepOpen: true,
              onSelect: none,
            },
            {
              kind: 'choice',
              id: 's',
              label: 'Succeeded',
              detail: '211',
              chosen: false,
              keepOpen: true,
              onSelect: none,
            },
            { kind: 'separator', id: 'sep' },
            { kind: 'action', id: 'd', label: 'Small dialog…', onSelect: () => setSmall(true) },
            { kind: 'action', id: 'r', label: 'Roll back…', reason: 'leased to run 218', onSelect: none },
          ]}
        />
        <SetChip name="Environment" value="staging, prod" onClear={none} />
        <Popover label="Missing keys" trigger={<Button>Popover</Button>}>
          <p>1 key is missing in prod.</p>
        </Popover>
      </Sheet>
      <CommandPalette
        open={palette}
        onClose={() => setPalette(false)}
        query={query}
        onQuery={setQuery}
        groups={samplePalette}
      />
      <SmallDialog
        open={small}
        onClose={() => setSmall(false)}
        title="Hold prod"
        foot={
          <DialogFoot>
            <Button kbd="Esc" onClick={() => setSmall(false)}>
              Cancel
            </Button>
            <Button tone="solid">Hold prod</Button>
          </DialogFoot>
        }
      >
        <p>Nothing is deployed to prod until the hold is lifted.</p>
        <Field label="Reason">
          {(tie) => <TextInput {...tie} value="" onChange={none} data-start="confirm" />}
        </Field>
      </SmallDialog>
      <ToastRegion toasts={toasts} onDismiss={(id) => setToasts(toasts.filter((toast) => toast.id !== id))} />
    </>
  );
}
