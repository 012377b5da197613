import { useMemo, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { SegmentedControl } from '../ui/chips.tsx';
import { ExportIcon } from '../ui/icons.tsx';
import { CommitSha, Digest } from '../ui/identity.tsx';
import { LogBar } from '../ui/log-bar.tsx';
import { FactList, PaneHead } from '../ui/sheet.tsx';
import { StatusWord } from '../ui/status-word.tsx';
import { Timeline, TimelineLegend } from '../ui/timeline.tsx';
import type { TimelineStep } from '../ui/timeline-scale.ts';
import { VirtualLog } from '../ui/virtual-log.tsx';
import { Frame } from './frame.tsx';
import { sampleDigests, sampleLine } from './sample.ts';

const LINES = 12_980;

/** Head, timeline and log; the real run view lives in features/runs. */
export function RunPage() {
  const [needle, setNeedle] = useState('typing');
  const [at, setAt] = useState<number | undefined>(undefined);
  const [wrap, setWrap] = useState(false);
  const [follow, setFollow] = useState(true);
  const [lines, setLines] = useState<'all' | 'step' | 'errors'>('all');
  const hits = useMemo(() => {
    const low = needle.toLowerCase();
    if (low === '') return [];
    return Array.from({ length: LINES }, (_, index) => index).filter((index) =>
      sampleLine(index).text.toLowerCase().includes(low),
    );
  }, [needle]);
  const step = (by: number): void =>
    setAt(((at ?? hits.length - 1) + by + hits.length) % Math.max(hits.length, 1));
  const current = at === undefined ? undefined : hits[at];
  return (
    <Frame current="runs">
      <div className="flex min-h-0 flex-1 flex-col bg-sheet text-12/4.5">
        <header className="flex items-center gap-8 border-b border-edge py-3 pr-4 pl-5">
          <h1 className="text-18 font-semibold whitespace-nowrap">
            Deploy <code className="text-[17px]">r-a94e55</code> to dev
          </h1>
          <FactList
            layout="inline"
            facts={[
              {
                label: 'State',
                value: (
                  <>
                    <StatusWord state="failed" /> at step 5 of 6, waits for you
                  </>
                ),
              },
              {
                label: 'Commit',
                value: (
                  <>
                    <CommitSha sha="3f2c1a9" /> and 2 uncommitted files
                  </>
                ),
                wideOnly: true,
              },
              { label: 'Took', value: <span className="font-mono text-ink">2:49</span>, wideOnly: true },
              { label: 'Digest', value: <Digest value={sampleDigests.dev} copy />, wideOnly: true },
            ]}
          />
          <span className="flex-1" />
          <Button icon={ExportIcon}>Export…</Button>
        </header>
        <section aria-label="Build timeline" className="border-b border-line pb-3">
          <PaneHead className="px-5" title="Build image" count="38.2 s" end={<TimelineLegend />} />
          <Timeline steps={steps} totalMs={38_200} />
        </section>
        <section aria-label="Log" className="flex min-h-0 flex-1 flex-col">
          <LogBar
            needle={needle}
            onNeedle={(next) => {
              setNeedle(next);
              setAt(undefined);
            }}
            hits={{ at: (at ?? hits.length - 1) + 1, of: hits.length }}
            onPrevious={() => step(-1)}
            onNext={() => step(1)}
            wrap={wrap}
            onWrap={setWrap}
            follow={follow}
            onFollow={setFollow}
          >
            <SegmentedControl
              label="Lines from"
              value={lines}
              onChange={setLines}
              items={[
                { id: 'all', label: 'All steps' },
                { id: 'step', label: 'This step', wideOnly: true },
                { id: 'errors', label: 'Errors', count: 9 },
              ]}
            />
          </LogBar>
          <VirtualLog
            label="Log"
            count={LINES}
            getLine={sampleLine}
            needle={needle}
            current={current}
            wrap={wrap}
            follow={follow}
            onFollow={setFollow}
            foot="12,980 lines. web has stopped, so nothing more will come."
          />
        </section>
      </div>
    </Frame>
  );
}

const bar = (
  group: string,
  name: string,
  from: number,
  to: number,
  kind: TimelineStep['kind'],
): TimelineStep => ({ id: `${group} ${name}`, group, name, from: from * 1000, to: to * 1000, kind });
const steps: readonly TimelineStep[] = [
  bar('base', 'FROM node:22-alpine', 0.4, 1.6, 'ran'),
  bar('base', 'RUN apk add tini', 1.6, 1.7, 'cached'),
  bar('base', 'RUN adduser app', 1.7, 1.9, 'cached'),
  bar('deps', 'COPY package.json package-lock.json', 1.9, 2.2, 'critical'),
  bar('deps', 'RUN npm ci --omit=dev', 2.2, 13.4, 'critical'),
  bar('dev-deps', 'RUN npm ci', 2.2, 12.1, 'ran'),
  bar('build', 'COPY . .', 13.4, 14.1, 'critical'),
  bar('build', 'RUN npm run build', 14.1, 28.6, 'critical'),
  bar('test', 'RUN npm run typecheck', 14.1, 22.4, 'failed'),
  bar('export', 'layers, manifest, SBOM', 29.3, 38.2, 'critical'),
];
