import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Aside, Bottom, DecisionItem, PlanSteps } from '../ui/decision.tsx';
import { DialogFoot, DialogFrame, QuadrantPane } from '../ui/dialog-frame.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { ArrowIcon, BackIcon, DatabaseIcon, LockIcon } from '../ui/icons.tsx';
import { ReleaseId } from '../ui/identity.tsx';
import { PaneHead } from '../ui/sheet.tsx';
import { StatusWord } from '../ui/status-word.tsx';
import { Tag } from '../ui/tag.tsx';
import { UnifiedDiff } from '../ui/unified-diff.tsx';
import { Value } from '../ui/value.tsx';
import { Frame } from './frame.tsx';
import { sampleDigests } from './sample.ts';

const none = (): void => {};

/** The plan dialog's parts; the real one lives in features/promote. */
export function PlanPage() {
  const [open, setOpen] = useState(true);
  const [typed, setTyped] = useState('pro');
  return (
    <Frame current="board">
      <div className="p-6">
        <Button tone="solid" onClick={() => setOpen(true)}>
          Promote to prod…
        </Button>
      </div>
      <DialogFrame
        open={open}
        onClose={() => setOpen(false)}
        title="Promote to prod"
        subtitle={
          <>
            <ReleaseId id="r-5c09e4" version="1.4.0" />
            <ArrowIcon size={12} aria-hidden="true" className="text-ink-3" />
            <ReleaseId id="r-77ab10" version="1.4.1" />
            <span className="text-ink-3 max-wide:hidden">from staging, same bytes</span>
          </>
        }
        aside={
          <>
            <p className="flex h-6 items-center justify-end gap-2">
              <StatusWord state="leased" icon={LockIcon}>
                Digest frozen<span className="max-wide:hidden"> at 14:32:07</span>
              </StatusWord>
              <code>{sampleDigests.staging.slice(0, 27)}…d94b</code>
              <CopyButton value={sampleDigests.staging} what="digest" size="small" />
            </p>
            <p className="truncate text-11/5 text-ink-3">
              staging is moving on to r-8f21c0. This plan stays on r-77ab10.
            </p>
          </>
        }
        decision={
          <>
            <PaneHead title="Warnings" count={2} />
            <ul>
              <DecisionItem
                state="blocks"
                title={
                  <>
                    <code>SESSION_KMS_KEY</code> is missing in prod
                  </>
                }
                detail="Needed by 94d1b6f"
              />
              <DecisionItem
                state="drift"
                word="Note"
                title="Drift in prod is overwritten"
                detail="2 settings go back to yours, see Target"
              />
            </ul>
            <PaneHead title="Gates" count="5 of 6 open" />
            <ul>
              <DecisionItem state="closed-for-now" title="Approval" detail="pr was asked 40 min ago" />
              <DecisionItem state="open" title="Order" detail="Ran in staging first" />
              <DecisionItem state="open" title="Tests" detail="412 passed on this digest, 2 skipped" />
              <DecisionItem state="open" title="Soak time" detail="20 h in staging, 12 h asked for" />
              <DecisionItem state="open" title="Scan" detail="0 high, 1 medium; closes at high" />
              <DecisionItem state="open" title="Freeze" detail="None before Friday 17:00" />
            </ul>
            <PaneHead title="Steps" count={6} end="last time 1:38" />
            <PlanSteps
              steps={[
                'Copy image to europe-west1-docker.pkg.dev',
                'Run migration 0031',
                'Create revision, no traffic',
                'Wait until healthy, at most 2:00',
                'Move all traffic',
                'Verify the live digest',
              ].map((title) => ({ id: title, title }))}
            />
            <Aside icon={BackIcon}>If a step fails, prod rolls back to r-5c09e4.</Aside>
            <Bottom>
              <Field
                label={
                  <>
                    Type <code className="font-semibold text-ink">prod</code> to confirm
                  </>
                }
              >
                {(tie) => <TextInput {...tie} mono value={typed} onChange={setTyped} data-start="confirm" />}
              </Field>
            </Bottom>
          </>
        }
        foot={
          <DialogFoot
            state={<StatusWord state="blocks">Cannot promote yet</StatusWord>}
            text="1 key is missing and 1 gate is closed."
            reference={
              <>
                Plan <code>3d90b7e1</code>
              </>
            }
          >
            <Button>Plan again</Button>
            <Button kbd="Esc" onClick={() => setOpen(false)}>
              Cancel
            </Button>
            <Button tone="solid" refused>
              Promote r-77ab10 to prod
            </Button>
          </DialogFoot>
        }
      >
        <QuadrantPane
          place={1}
          title="Commits"
          count={7}
          end={
            <>
              3 authors, 14 files, <span className="font-mono">+412 −96</span>
            </>
          }
        >
          <ul>
            {[
              'Resume a dropped stream from its last token',
              'Store stream offsets per session',
              'Encrypt session state with the KMS key',
              'Back off when the model returns 429',
            ].map((subject, index) => (
              <li key={subject} className="flex h-7 items-center gap-2.5">
                <code className="text-ink-3">b90e4d2</code>
                <span className="truncate">{subject}</span>
                {index === 1 && <Tag icon={DatabaseIcon}>migration</Tag>}
                <span className="ml-auto w-13 text-ink-2">jl</span>
                <span className="w-6.5 text-right text-ink-3">{index + 1} d</span>
              </li>
            ))}
          </ul>
          <Aside icon={DatabaseIcon}>
            <code>0031_stream_offsets.sql</code> runs with this release. A rollback does not undo it.
          </Aside>
        </QuadrantPane>
        <QuadrantPane
          place={2}
          title="Env keys"
          count="4 differ"
          end={
            <Value onClick={none} muted>
              Reveal…
            </Value>
          }
        >
          <p className="flex items-center gap-2">
            <code>SESSION_KMS_KEY</code>
            <StatusWord state="blocks">missing</StatusWord>
          </p>
          <Value onClick={none} data-start="blocker">
            Add to .env.prod…
          </Value>
        </QuadrantPane>
        <QuadrantPane place={3} title="Image" count="+0.7 MB" end="3 of 11 layers new, 12.4 MB to copy">
          <p className="text-11 text-ink-3">User, entrypoint, ports and labels are the same.</p>
        </QuadrantPane>
        <QuadrantPane
          place={4}
          title="Target"
          count="image and 3 settings"
          end="cloud-run, chatbot, europe-west1"
        >
          <UnifiedDiff
            className="-mx-5 max-wide:-mx-4"
            label="Target config, prod now and after"
            rows={[
              { kind: 'hunk', text: 'service.yaml, as prod serves it now, and after' },
              { kind: 'same', before: 15, after: 15, text: 'containers:' },
              { kind: 'removed', before: 16, text: '- image: chatbot@sha256:1fa6d2705be3' },
              { kind: 'added', after: 16, text: '- image: chatbot@sha256:c4e81d09b37f' },
              { kind: 'same', before: 17, after: 17, text: '  ports: [8080]' },
              { kind: 'removed', before: 21, text: 'maxInstances: 20', note: 'set outside Gantry' },
              { kind: 'added', after: 21, text: 'maxInstances: 10' },
            ]}
          />
        </QuadrantPane>
      </DialogFrame>
    </Frame>
  );
}
