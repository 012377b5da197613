/** Everything the core needs from the other rooms. Rooms implement these; create-gantry.ts wires them. */
export type {
  BuildBegun,
  BuildImage,
  BuildOutput,
  BuildRequest,
  BuildSpec,
  Container,
  Engine,
  Engines,
  FreedSpace,
  ListedImage,
  LoadedImage,
  MissingImage,
  RemoteEngine,
  RunInImageResult,
} from './ports/engine.ts';
export type { Git } from './ports/git.ts';
export type { GoogleIdentity, GoogleTokens } from './ports/google.ts';
export type { ImageContents } from './ports/images.ts';
export type { Advance, LeaseScope, Ledger } from './ports/ledger.ts';
export type {
  ListedManifest,
  Promoted,
  Promotion,
  Registry,
  RegistryCall,
  RemoteImage,
  TransferProgress,
} from './ports/registry.ts';
export type { Redactor, Secrets } from './ports/secrets.ts';
export type {
  Swarm,
  SwarmMembership,
  SwarmPort,
  SwarmService,
  SwarmServiceSettings,
  SwarmServiceVersion,
  SwarmServiceWish,
  SwarmTask,
  SwarmUpdate,
} from './ports/swarm.ts';
export type {
  Clock,
  CommandOptions,
  CommandResult,
  Commands,
  Files,
  FolderChange,
  FolderWatch,
  FolderWatcher,
  Http,
  HttpAnswer,
  HttpRequest,
  OutputLine,
  ProcessTable,
  Sockets,
} from './ports/system.ts';
export type {
  BegunStep,
  ImageRules,
  Io,
  Reach,
  Settled,
  StepOutput,
  Target,
  TargetPlace,
  Targets,
  Wish,
} from './ports/target.ts';
export type { LoadedWorkspace, Workspaces } from './ports/workspace.ts';
