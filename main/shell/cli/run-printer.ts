import { watchedNow } from '#shared/domain/run.ts';
import type { RecordedEvent } from '#shared/domain/run-events.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import type { RunMoment } from './follow-run.ts';
import { createLiveRegion } from './live-region.ts';
import type { Terminal } from './terminal.ts';
import { buildLines, sentText, testsText, vertexText } from './text/build-text.ts';
import { duration, plain } from './text/format.ts';
import { frameMs, movedText, removedText, runFrame, runName, verdictLines } from './text/run-text.ts';

/** Shows a run while it happens. */
export type RunPrinter = {
  show(moment: RunMoment): void;
  /** Called once, also when following broke off. */
  end(view: RunView | undefined): void;
};

/** One JSON line for each recorded event. */
export function createEventPrinter(terminal: Pick<Terminal, 'out'>): RunPrinter {
  return { show: ({ recorded }) => terminal.out(`${JSON.stringify(recorded)}\n`), end: () => undefined };
}

export const silentPrinter: RunPrinter = { show: () => undefined, end: () => undefined };

/** Redraws the steps in place, so that elapsed times run on between two events. */
export function createLivePrinter(terminal: Terminal, now: () => number): RunPrinter {
  const region = createLiveRegion(terminal);
  let latest: RunView | undefined;
  const draw = () => {
    if (latest !== undefined) region.draw(runFrame(latest, now(), terminal.style));
  };
  const timer = setInterval(draw, frameMs);
  return {
    show: ({ view }) => {
      latest = view;
    },
    end: (view) => {
      clearInterval(timer);
      if (view === undefined) return;
      const moved = view.movedTags
        .filter(({ isUnsure }) => isUnsure !== true)
        .map((name) => movedText(name, true));
      region.settle([...runFrame(view, now(), terminal.style), ...moved, ...endLines(view, terminal.style)]);
    },
  };
}

/** One line for each change, for pipes and logs. */
export function createLinePrinter(terminal: Pick<Terminal, 'out' | 'style'>): RunPrinter {
  const line = (text: string) => terminal.out(`${text}\n`);
  let last: string | undefined;
  return {
    show: ({ recorded, view }) => {
      const text = changeText(recorded, view);
      // An engine may tell the same twice.
      if (text === undefined || text === last) return;
      last = text;
      line(text);
    },
    end: (view) => {
      if (view !== undefined) for (const text of endLines(view, terminal.style)) line(text);
    },
  };
}

/** The verdict last: it is what stays in sight. */
function endLines(view: RunView, style: Terminal['style']): string[] {
  return [...buildLines(view, style), ...verdictLines(view, style)];
}

function changeText({ event, at }: RecordedEvent, view: RunView): string | undefined {
  const titleOf = (id: string) => {
    const step = view.steps.find((known) => known.id === id);
    return step === undefined ? id : `${step.isRollback ? 'rollback: ' : ''}${plain(step.title)}`;
  };
  switch (event.kind) {
    case 'run-requested':
      return `run ${view.id}: ${runName(view)}`;
    case 'step-started':
      return watchedNow(view.steps)?.id === event.step
        ? `- ${titleOf(event.step)}: started; Ctrl-C stops watching, and the release stays`
        : `- ${titleOf(event.step)}: started`;
    case 'step-progressed':
      return `- ${titleOf(event.step)}: ${plain(event.text)}`;
    case 'vertex-changed': {
      const text = vertexText(event.vertex);
      return text === undefined ? undefined : `  ${text}`;
    }
    case 'step-ended': {
      const started = view.steps.find((step) => step.id === event.step)?.startedAt;
      const took = started === undefined ? '' : ` in ${duration(at - started)}`;
      const outcome = event.isUnverified === true ? 'triggered' : event.outcome;
      return `- ${titleOf(event.step)}: ${outcome}${took} - ${plain(event.detail)}`;
    }
    case 'context-sent':
      return `  ${sentText(event)}`;
    case 'test-reported':
      return `  ${testsText(event)}`;
    case 'release-recorded':
      return `- release ${plain(event.version)} is ${event.release}`;
    case 'image-removed':
      return `  ${removedText(event)}`;
    case 'image-placed':
      return `- ${plain(event.repository)}:${plain(event.tag)}${event.engine === undefined ? '' : ` on ${plain(event.engine)}`} is ${event.digest}`;
    case 'tag-moved':
      return movedText(event);
    case 'rollback-started':
      return `- going back to ${event.release}: ${plain(event.reason)}`;
    case 'cancel-requested':
      return watchedNow(view.steps) === undefined ? '- cancelling…' : '- watching stops…';
    case 'run-given-up':
      return `- given up by ${plain(event.by.name)}`;
    case 'recovery-started':
      return '- taken over after its process died';
    case 'step-handed-over':
      return `- ${titleOf(event.step)}: it is ${plain(event.handle)} there`;
    case 'step-retried':
      return `- ${titleOf(event.step)}: try ${event.attempt} of ${event.of} in ${duration(event.waitMs)} - ${plain(event.why)}`;
    case 'child-started':
    case 'child-ended':
    case 'observed':
    case 'image-removing':
    case 'tags-moving':
    case 'health-probed':
    case 'run-ended':
      return undefined;
  }
}
