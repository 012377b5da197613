import type { Icon } from './icons.tsx';
import {
  CancelIcon,
  DriftIcon,
  FailIcon,
  HoldIcon,
  LockIcon,
  OkIcon,
  BackIcon as RolledBackIcon,
  RunIcon,
  SkipIcon,
  StopIcon,
  UnknownIcon,
  UnseenIcon,
  WaitIcon,
  WarnIcon,
} from './icons.tsx';

/** Colour is status: bad failed or blocks, warn asks for a look, run is now, ok is an icon only, idle is quiet. */
export type Tone = 'ok' | 'warn' | 'bad' | 'run' | 'idle';

export type Status =
  | 'not-yet'
  | 'running'
  | 'queued'
  | 'succeeded'
  | 'failed'
  | 'errored'
  | 'skipped'
  | 'cancelled'
  | 'rolled-back'
  | 'unverified'
  | 'recovered'
  | 'interrupted'
  | 'healthy'
  | 'promoting'
  | 'deploying'
  | 'rolling-back'
  | 'building'
  | 'planning'
  | 'observing'
  | 'unhealthy'
  | 'drift'
  | 'on-hold'
  | 'leased'
  | 'empty'
  | 'unreachable'
  | 'open'
  | 'closed-for-now'
  | 'closed'
  | 'blocks'
  | 'note';

type Look = { readonly word: string; readonly tone: Tone; readonly icon: Icon };

/** `failed` is a cross and `errored` a question mark: they differ without colour. */
export const statusLooks: Readonly<Record<Status, Look>> = {
  'not-yet': { word: 'Not yet', tone: 'idle', icon: WaitIcon },
  running: { word: 'Running', tone: 'run', icon: RunIcon },
  queued: { word: 'Queued', tone: 'idle', icon: WaitIcon },
  succeeded: { word: 'Succeeded', tone: 'ok', icon: OkIcon },
  failed: { word: 'Failed', tone: 'bad', icon: FailIcon },
  errored: { word: 'Errored', tone: 'warn', icon: UnknownIcon },
  skipped: { word: 'Skipped', tone: 'idle', icon: SkipIcon },
  cancelled: { word: 'Cancelled', tone: 'idle', icon: CancelIcon },
  'rolled-back': { word: 'Rolled back', tone: 'warn', icon: RolledBackIcon },
  unverified: { word: 'Unverified', tone: 'warn', icon: UnseenIcon },
  recovered: { word: 'Recovered', tone: 'ok', icon: OkIcon },
  interrupted: { word: 'Interrupted', tone: 'warn', icon: UnknownIcon },
  healthy: { word: 'Healthy', tone: 'ok', icon: OkIcon },
  promoting: { word: 'Promoting', tone: 'run', icon: RunIcon },
  deploying: { word: 'Deploying', tone: 'run', icon: RunIcon },
  'rolling-back': { word: 'Rolling back', tone: 'run', icon: RunIcon },
  building: { word: 'Building', tone: 'run', icon: RunIcon },
  planning: { word: 'Planning', tone: 'run', icon: RunIcon },
  observing: { word: 'Observing', tone: 'run', icon: RunIcon },
  unhealthy: { word: 'Unhealthy', tone: 'bad', icon: FailIcon },
  drift: { word: 'Drift', tone: 'warn', icon: DriftIcon },
  'on-hold': { word: 'On hold', tone: 'warn', icon: HoldIcon },
  leased: { word: 'Leased', tone: 'idle', icon: LockIcon },
  empty: { word: 'Empty', tone: 'idle', icon: WaitIcon },
  unreachable: { word: 'Unreachable', tone: 'warn', icon: UnknownIcon },
  open: { word: 'Open', tone: 'ok', icon: OkIcon },
  'closed-for-now': { word: 'Closed for now', tone: 'warn', icon: WaitIcon },
  closed: { word: 'Closed', tone: 'bad', icon: StopIcon },
  blocks: { word: 'Blocks', tone: 'bad', icon: StopIcon },
  note: { word: 'Note', tone: 'warn', icon: WarnIcon },
};
