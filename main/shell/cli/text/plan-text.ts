import { availabilityWords, tagWords } from '#shared/domain/availability-words.ts';
import {
  type Availability,
  type Gate,
  holdsAfterGoingBack,
  isWatch,
  type Plan,
  type PlannedStep,
  type ReleaseSummary,
  type Warning,
} from '#shared/domain/plan.ts';
import type { Style } from '../terminal.ts';
import { commitSection, envSection, imageSection, sectionText, settingSection } from './diff-text.ts';
import { bytes, duration, plain } from './format.ts';

/** Everything a person should see before they say yes. */
export function planText(plan: Plan, style: Style): string {
  return [
    heading(plan, style),
    ...place(plan, style),
    ...differences(plan, style),
    '',
    style.bold('Steps'),
    ...plan.steps.map((step, index) => stepLine(step, index, style)),
    ...gateLines(plan.gates, style),
    ...warningLines(plan.warnings, style),
    '',
    '',
  ].join('\n');
}

export function releaseText({ version, id }: Pick<ReleaseSummary, 'version' | 'id'>): string {
  return `${plain(version)} ${id}`;
}

function heading({ request, release, environment, hash }: Plan, style: Style): string {
  const source = request.from === undefined ? '' : ` from ${request.from}`;
  const words = {
    deploy: `Deploy ${releaseText(release)} to ${environment}`,
    promote: `Promote ${releaseText(release)}${source} to ${environment}`,
    rollback: `Roll ${environment} back to ${releaseText(release)}`,
  };
  return `${style.bold(words[request.kind])}  ${style.dim(`plan ${hash}`)}`;
}

function place(plan: Plan, style: Style): string[] {
  const { target, env, lastDurationMs, onFailure } = plan;
  const line = (label: string, text: string) => `  ${style.dim(label.padEnd(8))} ${text}`;
  const envText =
    env.kind === 'file'
      ? plain(env.file)
      : `as it was at ${new Date(env.takenAt).toISOString().slice(0, 16)}Z`;
  return [
    line('target', plain(target.label)),
    line('now', nowText(plan)),
    line('env', envText),
    ...(plan.availability ?? []).map((item) => line('image', availabilityText(item))),
    ...(plan.tags ?? []).flatMap((tag) => {
      const text = tagWords(tag);
      return text === undefined ? [] : [line('name', plain(text))];
    }),
    line(
      'failure',
      onFailure === 'roll-back' ? `goes back to what ran before${heldWords(plan)}` : 'stays as it is',
    ),
    ...(lastDurationMs === undefined ? [] : [line('last', `took ${duration(lastDurationMs)}`)]),
  ];
}

function nowText({ previous, foreign }: Plan): string {
  if (previous !== undefined) return releaseText(previous);
  if (foreign === undefined) return 'nothing runs there yet';
  return `${plain(foreign)}, put there by no run of this workspace`;
}

/** Where an environment is held once a run has gone back in it by itself. */
function heldWords(plan: Plan): string {
  if (holdsAfterGoingBack(plan, false)) return ', and is held';
  return plan.steps.some(isWatch) ? '; where health is lost while it is watched, it is held, too' : '';
}

function availabilityText(item: Availability): string {
  const { text, bytes: size } = availabilityWords(item);
  return size === undefined ? plain(text) : `${plain(text)}, ${bytes(size)}`;
}

function differences({ diff, request }: Plan, style: Style): string[] {
  return [
    ...sectionText(commitSection(diff.commits, style), style, 'commits'),
    ...sectionText(imageSection(diff.image, style), style, 'image'),
    ...sectionText(envSection(diff.env, style), style, 'keys'),
    ...(diff.envFrom === undefined
      ? []
      : sectionText(envSection(diff.envFrom, style), style, `↔ ${request.from ?? ''}`)),
    ...sectionText(settingSection(diff.target, style), style, 'settings'),
  ];
}

function stepLine({ title, detail }: PlannedStep, index: number, style: Style): string {
  return `  ${String(index + 1).padStart(2)}. ${withDetail(title, detail, style)}`;
}

function gateLines(gates: readonly Gate[], style: Style): string[] {
  if (gates.length === 0) return [];
  return ['', style.bold('Gates'), ...gates.map((gate) => gateLine(gate, style))];
}

function gateLine({ title, state, detail }: Gate, style: Style): string {
  const marks = { open: style.green('✓'), 'closed-for-now': style.yellow('…'), closed: style.red('✗') };
  return `  ${marks[state]} ${withDetail(title, detail, style)}`;
}

function warningLines(warnings: readonly Warning[], style: Style): string[] {
  if (warnings.length === 0) return [];
  return ['', style.bold('Warnings'), ...warnings.map((warning) => warningLine(warning, style))];
}

function warningLine({ level, what, detail }: Warning, style: Style): string {
  const mark = level === 'block' ? style.red('✗') : style.yellow('!');
  return `  ${mark} ${withDetail(what, detail, style)}`;
}

function withDetail(title: string, detail: string, style: Style): string {
  return detail === '' ? plain(title) : `${plain(title)}: ${style.dim(plain(detail))}`;
}
