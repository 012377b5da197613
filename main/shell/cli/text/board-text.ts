import type { Board, BoardEnvironment, Gap } from '#shared/domain/board.ts';
import type { Lease } from '#shared/domain/environment-state.ts';
import { blindPlaces, type Observed } from '#shared/domain/observed.ts';
import { blindWord, type Place, placesOf } from '#shared/domain/places.ts';
import type { WorkspaceView } from '#shared/domain/workspace.ts';
import type { Style } from '../terminal.ts';
import { problemText } from './error-text.ts';
import { ago, plain, plural, shortSha } from './format.ts';
import { releaseText } from './plan-text.ts';
import { runName } from './run-text.ts';
import { table } from './table.ts';

/** Environments as rows, what separates two neighbours between them. */
export function boardText(board: Board, style: Style): string {
  const { workspace, environments, at } = board;
  const rows = table([
    ['ENVIRONMENT', 'RELEASE', 'RUNS', 'SINCE', 'TARGET'].map((title) => style.dim(title)),
    ...environments.map((environment) => environmentRow(environment, at, style)),
  ]);
  const [titles = '', ...lines] = rows;
  const body = environments.flatMap((environment, index) => [
    lines[index] ?? '',
    ...noteLines(environment, at, style).map((note) => `  ${note}`),
    ...gapLines(board.gaps[index], style),
  ]);
  return [workspaceLine(workspace, style), ...workspaceNotes(board, style), '', titles, ...body, ''].join(
    '\n',
  );
}

export function workspaceLine({ name, folder, git }: WorkspaceView, style: Style): string {
  const head = git?.head === undefined ? '' : shortSha(git.head.sha);
  const dirty =
    git === undefined || git.uncommittedFiles === 0 ? '' : plural(git.uncommittedFiles, 'uncommitted file');
  const parts = [plain(git?.branch ?? ''), head, dirty].filter((part) => part !== '').join(' ');
  return [style.bold(plain(name)), style.dim(plain(folder)), parts].filter((part) => part !== '').join('  ');
}

function workspaceNotes({ workspace, newestRelease, build, environments }: Board, style: Style): string[] {
  const notes: string[] = [];
  if (workspace.origin === 'detected') {
    notes.push(style.dim('There is no gantry.yml: this was detected; gantry init writes it down.'));
  }
  if (!workspace.trusted) notes.push(style.yellow('Not trusted: gantry trust lets it build and deploy.'));
  for (const problem of workspace.problems) notes.push(style.red(problemText(problem)));
  if (build !== undefined) notes.push(style.cyan(`run ${build.id} builds: ${plain(build.summary)}`));
  const runs = environments.some((environment) => environment.release?.id === newestRelease?.id);
  if (newestRelease !== undefined && !runs) {
    notes.push(`${releaseText(newestRelease)} is built and runs nowhere yet.`);
  }
  return notes;
}

function environmentRow(environment: BoardEnvironment, now: number, style: Style): string[] {
  const { name, release, observed, state, target } = environment;
  return [
    style.bold(name),
    release === undefined ? style.dim('nothing') : releaseText(release),
    observedText(observed, style),
    state === undefined ? '' : ago(state.at, now),
    style.dim(plain(target.label)),
  ];
}

function observedText(observed: Observed, style: Style): string {
  switch (observed.kind) {
    case 'unreachable':
      return style.yellow('unreachable');
    case 'unobservable':
      return style.yellow('cannot be asked');
    case 'empty':
      return style.dim('nothing');
    case 'running': {
      const worst = (['unhealthy', 'stopped', 'unknown', 'starting'] as const).find((health) =>
        observed.services.some((service) => service.health === health),
      );
      const isIll = worst === 'unhealthy' || worst === 'stopped';
      const blind = blindPlaces(observed);
      if (!isIll && blind.length > 0) {
        return style.yellow(plain(blind.map(({ name, kind }) => `${name} ${blindWord[kind]}`).join(', ')));
      }
      if (worst === undefined) return style.green('healthy');
      return worst === 'starting' || worst === 'unknown' ? style.yellow(worst) : style.red(worst);
    }
  }
}

/** What a person should know about an environment beyond its row. */
function noteLines(environment: BoardEnvironment, now: number, style: Style): string[] {
  const { problem, observed, drift, hold, lease, currentRun, failedRun } = environment;
  const notes: string[] = [];
  if (currentRun !== undefined)
    notes.push(style.cyan(`run ${currentRun.id} ${runName(currentRun)}: ${plain(currentRun.summary)}`));
  if (lease !== undefined) notes.push(style.dim(leaseText(lease, now)));
  if (hold !== undefined) {
    notes.push(style.yellow(`on hold by ${plain(hold.by)}: ${plain(hold.reason)}`));
    notes.push(style.dim(`rollbacks go on; to deploy here again: gantry lift ${environment.name}`));
  }
  const places = placesOf(environment).map(placeText);
  if (places.length > 0) notes.push(places.join('; '));
  const known = observed.kind === 'running' && currentRun === undefined ? (observed.notes ?? []) : [];
  for (const note of known) notes.push(style.yellow(plain(note)));
  if (drift !== undefined) notes.push(style.yellow(`drift: ${plain(drift.what)}`));
  if (problem !== undefined) notes.push(style.red(plain(problem)));
  if (environment.rollbackTo?.image === 'gone') {
    notes.push(
      style.yellow(`the way back is cut: the image of ${releaseText(environment.rollbackTo)} is gone`),
    );
  }
  if (observed.kind === 'unreachable' || observed.kind === 'unobservable') {
    notes.push(style.yellow(plain(observed.why)));
  }
  if (failedRun !== undefined) {
    const { id, state, summary, givenUp } = failedRun;
    const tone = givenUp !== undefined ? style.dim : state === 'unverified' ? style.yellow : style.red;
    const by = givenUp === undefined ? '' : `, given up by ${givenUp.by.name}`;
    notes.push(tone(plain(`run ${id} ${state}${by}: ${summary}`)));
  }
  return notes;
}

function leaseText({ runId, reason, by, owner, heartbeatAt }: Lease, now: number): string {
  const holder = `${plain(reason)}, by ${plain(by.name)} in ${by.shell}, process ${owner.pid}`;
  return `leased to run ${runId} (${holder}), last heartbeat ${ago(heartbeatAt, now)}`;
}

/** "us stopped: exited (1), runs r-5c09e4" */
function placeText({ name, health, state, runs, blind }: Place): string {
  if (blind !== undefined) return plain(`${name} ${blindWord[blind]}: ${state}`);
  const isSaid = health === 'healthy' || state === '' || state.startsWith('running');
  return plain(`${name} ${health}${isSaid ? '' : `: ${state}`}${runs === undefined ? '' : `, runs ${runs}`}`);
}

function gapLines(gap: Gap | undefined, style: Style): string[] {
  if (gap === undefined || gap.relation === 'nothing') return [];
  if (gap.relation === 'in-sync' && gap.blocked.length === 0) return [style.dim('  │ in sync')];
  const facts = [
    gap.releasesAhead === undefined || gap.releasesAhead === 0
      ? ''
      : `${plural(gap.releasesAhead, 'release')} ahead`,
    gap.relation === 'behind' ? style.yellow('behind the next environment') : '',
    gap.commits.kind === 'known' && gap.commits.commits.length > 0
      ? plural(gap.commits.commits.length, 'commit')
      : '',
    gap.image?.same === false ? 'another image' : '',
    gap.env.length === 0 ? '' : plural(gap.env.length, 'env key'),
    gap.target.length === 0 ? '' : plural(gap.target.length, 'setting'),
  ].filter((fact) => fact !== '');
  return [
    ...(facts.length === 0 ? [] : [style.dim(`  │ ${facts.join(', ')}`)]),
    ...gap.blocked.map((reason) => `  ${style.red('✗')} ${plain(reason)}`),
  ];
}
