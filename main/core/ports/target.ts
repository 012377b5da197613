import type * as z from 'zod';
import type { EnginePlace } from '#shared/domain/engine-place.ts';
import type { ErrorDetail } from '#shared/domain/errors.ts';
import type { HealthCheck, Probe } from '#shared/domain/health.ts';
import type { HealthConfig } from '#shared/domain/health-config.ts';
import type { EnvironmentName, ReleaseId } from '#shared/domain/ids.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { StepOutcome } from '#shared/domain/outcome.ts';
import type { PlannedStep, SettingChange } from '#shared/domain/plan.ts';
import type { Engine } from './engine.ts';
import type { GoogleIdentity } from './google.ts';
import type { Registry } from './registry.ts';
import type { Clock, Commands, Files, Http } from './system.ts';

/** Everything a target may reach. The run engine gives each step its own, with the step's signal and deadline. */
export type Io = {
  /** The one that the environment is on: what `Target.engine` says, else the engine that Gantry uses. */
  readonly engine: Engine;
  readonly registry: Registry;
  /** Registries that may be spoken to without TLS. */
  readonly insecureRegistries: readonly string[];
  readonly commands: Commands;
  readonly http: Http;
  readonly files: Files;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  /** The env of this deploy with references resolved. Only `apply` may ask; `observe` and `plan` never see a value. */
  env(): Promise<ReadonlyMap<string, string>>;
  /**
   * A value that gantry.yml names by reference, such as an API key. It is redacted from then on. Throws
   * `secret-unresolved` naming the reference, and `workspace-untrusted` where nobody trusts the workspace yet.
   */
  secret(reference: string): Promise<string>;
  /**
   * An access token for Google's APIs: of the service account whose key file that is, relative to the workspace, or
   * without one by application default credentials. It is redacted from then on. Throws what `GoogleTokens.get` throws,
   * and `workspace-untrusted` like `secret`.
   */
  googleToken(keyFile?: string): Promise<string>;
  /**
   * An identity token for one audience; a key file is relative to the workspace. It is redacted from then on. Throws what
   * `GoogleTokens.identity` throws, and `workspace-untrusted` like `secret`.
   */
  googleIdentity(wanted: GoogleIdentity): Promise<string>;
  /**
   * Asks one question about health; whatever comes back is an answer. `undefined`: nothing says where to ask. Throws only
   * what the signal's abort throws.
   */
  probe(check: HealthCheck, reach: Reach): Promise<Probe | undefined>;
  /**
   * This machine's variables, for programs that gantry.yml names. Throws `workspace-untrusted` where nobody trusts the
   * workspace yet: it stands before whatever is asked of a place of the workspace's choosing.
   */
  hostVariables(): Readonly<Record<string, string>>;
  /**
   * Every id by which an engine may know a release's image: the one it was built under, and those that it got on other
   * engines. A container or service with any of them runs that image.
   */
  imageIds(release: string): ReadonlySet<string>;
};

/** Where a release serves, without a slash at the end: at a port inside its container, or at the first that is published. */
export type Reach = (port: number | undefined) => string | undefined;

/** What should run, as far as planning may know it. */
export type Wish = {
  readonly workspace: string;
  readonly environment: EnvironmentName;
  readonly release: {
    readonly id: ReleaseId;
    readonly version: string;
    /** What was checked out when it was built; absent outside of git. */
    readonly commit?: string;
    /**
     * The engine's id of the image. On an engine of another image store it is another one, which may be known only once
     * the image is there: look for `ref`, and ask `Io.imageIds` whether what is found is the release's.
     */
    readonly imageId: string;
    /** The release's own tag, which never moves. */
    readonly ref: string;
    /** Image name without a tag, by which a compose file may name it. */
    readonly image: string;
    /** In the environment's registry, where it has one: the name it has there when the target's first step runs. */
    readonly remote?: {
      readonly repository: string;
      readonly ref: string;
      /** Absent before its first push. */
      readonly digest?: string;
    };
  };
  readonly envKeys: readonly string[];
  /** Changes when any key or value does. A target writes it on what it starts, as the label `dev.gantry.env`. */
  readonly envFingerprint: string;
  /** Env files of every environment, relative to the workspace folder: a target must not read them itself. */
  readonly envFiles: readonly string[];
  readonly health: HealthConfig;
};

export type StepOutput =
  | {
      readonly kind: 'line';
      readonly source: string;
      readonly level: 'out' | 'err' | 'note';
      readonly text: string;
    }
  /** What came in one breath, where there may be very much of it. */
  | {
      readonly kind: 'lines';
      readonly source: string;
      readonly level: 'out' | 'err' | 'note';
      readonly texts: readonly string[];
    }
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'observed'; readonly observed: Observed }
  /** For the chart of health: what `check` answered. */
  | { readonly kind: 'probed'; readonly check: string; readonly probes: readonly Probe[] }
  /**
   * What the other side calls the work that was just asked for, such as a deploy's id; on the disk before the step goes
   * on, so that whoever recovers the run can ask for it by this name. A later one replaces it.
   */
  | { readonly kind: 'handle'; readonly handle: string }
  /** Last, exactly once. A thrown GantryError is an `errored` step; anything else thrown is a bug. */
  | {
      readonly kind: 'end';
      /** `cancelled`: only after the signal's abort, where the other side confirmed that it stopped; `detail` says what. */
      readonly outcome: Exclude<StepOutcome, 'skipped'>;
      readonly detail: string;
      readonly error?: ErrorDetail;
      /** Asked for, and nobody can be asked whether it came to be: the run ends as `unverified`, never as succeeded. */
      readonly isUnverified?: true;
    };

/** A step whose process died. */
export type BegunStep = {
  readonly step: PlannedStep;
  /** The last that it gave. Without one it is not known whether anything was asked for. */
  readonly handle?: string;
  readonly startedAt: number;
};

export type ImageRules = {
  /** Where it looks for the image: on its engine, or in a registry, which then must be configured. */
  readonly needsImage: 'engine' | 'registry';
  /**
   * What `observe` tells as a service's `imageId`: the engine's id, or the manifest digest. In a place that compares
   * digests every service is the release's.
   */
  readonly compares: 'image-id' | 'digest';
};

/** One file per kind of place an environment deploys to. Adding one touches that file, its line in index.ts, its fake and its golden plans. */
export type Target<Config = unknown> = ImageRules & {
  readonly kind: string;
  /** One sentence for `gantry targets`. */
  readonly summary: string;
  /** Of its settings in gantry.yml. A getter, so that a command makes only those of the kinds that it deploys to. */
  readonly config: z.ZodType<Config>;
  /** Where its settings decide those; asked by `imageRulesOf`. */
  imageRules?(config: Config): ImageRules;
  /** Its steps ask the checks of `Wish.health` themselves. For any other the core adds a step that does. */
  readonly checksHealth?: true;
  /** The repository that it reads itself, and so where the image is put; before what gantry.yml names elsewhere. */
  repository?(config: Config): string | undefined;
  /** The name in a registry that is the environment itself, and moves by its steps alone. */
  ownTag?(config: Config, place: TargetPlace): string;
  /** The engine it deploys to, with `kind: engine` images brought there; absent for the engine that Gantry uses. */
  engine?(config: Config): EnginePlace | undefined;
  /** The places that it is, as `PlannedStep.part` and what it observes name them; absent where it is one. */
  parts?(config: Config): readonly string[];
  /** What it can run, such as `linux/amd64`; absent where that cannot be told. */
  platform?(config: Config, io: Io): Promise<string | undefined>;
  /** Where it deploys to, in its own words, for boards and plans. */
  describe(config: Config, place: TargetPlace): { readonly label: string; readonly detail: string };
  /** What is wrong with the workspace's files as far as this target reads them, such as an invalid compose file. */
  check(config: Config, place: TargetPlace, io: Io): Promise<readonly ErrorDetail[]>;
  /** What a person should know of those files before a deploy, although they can be used: a note in the plan each. */
  cautions?(config: Config, place: TargetPlace, io: Io): Promise<readonly string[]>;
  observe(config: Config, place: TargetPlace, io: Io): Promise<Observed>;
  /** Pure. An empty list means that nothing would change. */
  plan(wish: Wish, seen: Observed, config: Config): readonly PlannedStep[];
  /** Pure: what the settings would be afterwards, against what they are. */
  settingChanges(wish: Wish, seen: Observed, config: Config): readonly SettingChange[];
  apply(step: PlannedStep, io: Io): AsyncIterable<StepOutput>;
  /**
   * Headers that sign a question about health in at `address`, which is what was observed as its own; none where it is
   * not, or where nobody has to sign in there. They are secrets: of one question, and in no plan or event.
   */
  signIn?(config: Config, address: string, io: Io): Promise<Readonly<Record<string, string>>>;
  /** Lines that what runs here wrote last: going back from it takes it away, and its log with it. */
  lastWords?(config: Config, place: TargetPlace, io: Io): AsyncIterable<StepOutput>;
  /**
   * Finds out how a step that was begun by a process that died ends, and waits for that; asks for nothing anew. Absent
   * where looking at what runs tells all.
   */
  resume?(begun: BegunStep, io: Io): AsyncIterable<StepOutput>;
  /**
   * A run stops for good after `step`, the last that it began: where old and new serve side by side, one of them stays.
   * Starts nothing. What cannot be sorted out is `left`; it throws nothing that was to be expected. Absent where no step
   * leaves two of anything behind.
   */
  settle?(step: PlannedStep, io: Io): AsyncGenerator<StepOutput, Settled>;
};

/** What a run that stopped in between leaves. */
export type Settled =
  /** Nothing that this step could tell of was side by side. */
  | { readonly kind: 'nothing' }
  /** What ran before serves alone, or the release does. `did`: what had to be done for that, absent where it was so. */
  | { readonly kind: 'before' | 'release'; readonly did?: string }
  /** Both may serve: which, why, and as a hint how it is cleaned up. */
  | { readonly kind: 'left'; readonly error: ErrorDetail };

export type TargetPlace = {
  readonly workspace: string;
  readonly environment: EnvironmentName;
  /** Image name without a tag. */
  readonly image: string;
};

export type Targets = {
  /** Throws `config-invalid` for a kind that does not exist. */
  get(kind: string): Target;
  list(): readonly Target[];
};
