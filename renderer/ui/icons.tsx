import type { LucideIcon } from 'lucide-react';
import { createLucideIcon } from 'lucide-react';

/** Every icon of the house by the house's word. Sizes: 14 in text and buttons, 12 in dense rows, 16 alone. */
export {
  ArrowDownToLine as FollowIcon,
  ArrowRight as ArrowIcon,
  Ban as CancelIcon,
  Bell as BellIcon,
  Box as ImageIcon,
  Check as DoneIcon,
  ChevronDown as DownIcon,
  ChevronRight as RightIcon,
  ChevronUp as UpIcon,
  CircleArrowRight as SkipIcon,
  CircleCheck as OkIcon,
  CircleDashed as WaitIcon,
  CirclePause as HoldIcon,
  CircleQuestionMark as UnknownIcon,
  CircleX as FailIcon,
  Clock as ClockIcon,
  Copy as CopyIcon,
  Database as DatabaseIcon,
  Ellipsis as MoreIcon,
  EyeOff as UnseenIcon,
  Folder as FolderIcon,
  GitBranch as BranchIcon,
  GitCommitHorizontal as CommitIcon,
  GitCompareArrows as CompareIcon,
  Hammer as BuildIcon,
  KeyRound as KeyIcon,
  Lock as LockIcon,
  Monitor as SystemIcon,
  Moon as DarkIcon,
  OctagonAlert as StopIcon,
  Pencil as EditIcon,
  RefreshCw as RefreshIcon,
  RotateCcw as BackIcon,
  Search as SearchIcon,
  StickyNote as NoteIcon,
  Sun as LightIcon,
  Tag as TagIcon,
  ToggleLeft as SwitchOffIcon,
  ToggleRight as SwitchOnIcon,
  TriangleAlert as WarnIcon,
  X as CloseIcon,
} from 'lucide-react';

export type Icon = LucideIcon;

/** A ring with one quarter drawn: turns while something runs. */
export const RunIcon: Icon = createLucideIcon('gantry-run', [
  ['circle', { cx: '12', cy: '12', r: '10', opacity: '.28', key: 'ring' }],
  ['path', { d: 'M12 2a10 10 0 0 1 10 10', key: 'arc' }],
]);

/** One line that leaves its course. */
export const DriftIcon: Icon = createLucideIcon('gantry-drift', [
  ['path', { d: 'M2 14h6l6-8h8', key: 'line' }],
  ['path', { d: 'm18 2 4 4-4 4', key: 'head' }],
  ['path', { d: 'm12.5 17 2.5 3h7', key: 'course' }],
]);
