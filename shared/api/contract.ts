import { eventIterator, oc } from '@orpc/contract';
import * as z from 'zod';
import { boardSchema, comparisonSchema } from '../domain/board.ts';
import { errorDetailSchema } from '../domain/errors.ts';
import {
  environmentNameSchema,
  releaseIdSchema,
  runIdSchema,
  timeSchema,
  workspaceIdSchema,
} from '../domain/ids.ts';
import { imageComparisonSchema } from '../domain/image-contents.ts';
import { imageListSchema, rollbackChoiceSchema } from '../domain/image-list.ts';
import { runKindSchema, runOutcomeSchema } from '../domain/outcome.ts';
import { planRequestSchema, planSchema } from '../domain/plan.ts';
import { releaseNotesSchema, releaseSchema } from '../domain/release.ts';
import { pinSchema, prunePreviewSchema } from '../domain/retention.ts';
import { runSummarySchema } from '../domain/run.ts';
import { logLineSchema, recordedEventSchema } from '../domain/run-events.ts';
import { checkSchema, systemStatusSchema } from '../domain/system.ts';
import { watchStateSchema } from '../domain/watch.ts';
import { recentWorkspaceSchema, workspaceViewSchema } from '../domain/workspace.ts';

/** Every expected failure crosses the door as this one typed error; its `data` tells them apart. */
const failing = oc.errors({ GANTRY: { status: 400, data: z.lazy(() => errorDetailSchema) } });

/** What is asked and answered, as schemas that are made when they are needed: there are a hundred, and a command needs a few. */
const procedure = {
  input<Input extends z.ZodType>(input: () => Input) {
    const asked = failing.input(z.lazy(input));
    return {
      output: <Output extends z.ZodType>(output: () => Output) => asked.output(z.lazy(output)),
      stream: <Item extends z.ZodType>(item: () => Item) => asked.output(eventIterator(z.lazy(item))),
    };
  },
  output: <Output extends z.ZodType>(output: () => Output) => failing.output(z.lazy(output)),
};

const inWorkspaceSchema = z.object({ workspaceId: workspaceIdSchema });
const inEnvironmentSchema = inWorkspaceSchema.extend({ environment: environmentNameSchema });
const ofReleaseSchema = inWorkspaceSchema.extend({ release: releaseIdSchema });

/** An environment's name or a release's id. */
const sideSchema = z.string().min(1);

/** Chosen by the caller; asking twice with the same one starts one run. */
const requestIdSchema = z.string().min(8).max(64);

export const liveEventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('recorded'), recorded: recordedEventSchema }),
  /** Something the board shows may have changed outside a run: git, env files, holds, the target. */
  z.object({ kind: z.literal('board-stale'), workspaceId: workspaceIdSchema }),
  z.object({ kind: z.literal('watch-changed'), workspaceId: workspaceIdSchema, watch: watchStateSchema }),
  /** Sent at least every 15 s, so that a dead connection is noticed. */
  z.object({ kind: z.literal('alive') }),
]);
export type LiveEvent = z.infer<typeof liveEventSchema>;

export const contract = {
  system: {
    status: procedure.output(() => systemStatusSchema),
    doctor: procedure.input(() => inWorkspaceSchema.partial()).output(() => z.array(checkSchema)),
    targets: procedure.output(() =>
      z.array(
        z.object({ kind: z.string(), summary: z.string(), configSchema: z.record(z.string(), z.unknown()) }),
      ),
    ),
    /** JSON Schema of gantry.yml. */
    configSchema: procedure.output(() => z.record(z.string(), z.unknown())),
  },
  workspaces: {
    recent: procedure.output(() => z.array(recentWorkspaceSchema)),
    /** Opens a folder read-only; changes nothing in it. `git: false` leaves git unasked, which takes longest. */
    open: procedure
      .input(() => z.object({ folder: z.string().min(1), git: z.boolean().default(true) }))
      .output(() => workspaceViewSchema),
    get: procedure.input(() => inWorkspaceSchema).output(() => workspaceViewSchema),
    trust: procedure.input(() => inWorkspaceSchema).output(() => workspaceViewSchema),
    /** Writes the detected description to gantry.yml; refuses to overwrite one. */
    init: procedure
      .input(() => inWorkspaceSchema)
      .output(() => z.object({ file: z.string(), text: z.string() })),
  },
  board: {
    /** `observe: false` answers from the ledger alone, at once; the targets are then `unreachable: not asked`. */
    get: procedure
      .input(() => inWorkspaceSchema.extend({ observe: z.boolean().default(true) }))
      .output(() => boardSchema),
  },
  releases: {
    /** Newest first, without their notes: those of a branch's first release are long. */
    list: procedure
      .input(() => inWorkspaceSchema.extend({ limit: z.number().int().min(1).max(500).default(50) }))
      .output(() => z.array(releaseSchema)),
    /** The release's notes: those recorded with it, or against another release where `since` names one. */
    notes: procedure
      .input(() => inWorkspaceSchema.extend({ release: releaseIdSchema, since: releaseIdSchema.optional() }))
      .output(() => releaseNotesSchema),
    /** Puts an annotated git tag on the release's commit. Default name: `v` and the release's version. */
    gitTag: procedure
      .input(() =>
        inWorkspaceSchema.extend({ release: releaseIdSchema, name: z.string().min(1).max(200).optional() }),
      )
      .output(() => z.object({ name: z.string(), commit: z.string() })),
    /** Those that ran here before, newest first: what a rollback may go to, and whether its image still exists. */
    rollbackChoices: procedure.input(() => inEnvironmentSchema).output(() => z.array(rollbackChoiceSchema)),
    /** Keeps its image until it is unpinned. A second pin replaces the first. */
    pin: procedure
      .input(() => ofReleaseSchema.extend({ note: z.string().max(500).optional() }))
      .output(() => pinSchema),
    unpin: procedure.input(() => ofReleaseSchema).output(() => z.object({ wasPinned: z.boolean() })),
    /** Starts a run that makes a release of an image built elsewhere: a name or digest on the engine or in a registry. */
    adopt: procedure
      .input(() => inWorkspaceSchema.extend({ ref: z.string().min(1).max(500), requestId: requestIdSchema }))
      .output(() => z.object({ runId: runIdSchema })),
  },
  compare: procedure
    .input(() => inWorkspaceSchema.extend({ left: sideSchema, right: sideSchema }))
    .output(() => comparisonSchema),
  images: {
    /** Newest releases first. `registry: false` asks no registry, which takes longest. */
    list: procedure
      .input(() =>
        inWorkspaceSchema.extend({
          limit: z.number().int().min(1).max(500).default(50),
          registry: z.boolean().default(true),
        }),
      )
      .output(() => imageListSchema),
    prune: {
      /** What would be removed now, and why the rest stays. Removes nothing. */
      preview: procedure.input(() => inWorkspaceSchema).output(() => prunePreviewSchema),
      /** Starts a run that removes what the preview of that hash shows, or refuses with `plan-stale`. */
      apply: procedure
        .input(() => inWorkspaceSchema.extend({ hash: z.string(), requestId: requestIdSchema }))
        .output(() => z.object({ runId: runIdSchema })),
    },
    /**
     * May take seconds where layers were never read before; cancelling it ends the engine's work, too. `whole` reads what
     * both images stand on even where no difference depends on it: how many files they have, and which system they are.
     */
    compare: procedure
      .input(() =>
        inWorkspaceSchema.extend({ left: sideSchema, right: sideSchema, whole: z.boolean().default(false) }),
      )
      .output(() => imageComparisonSchema),
    /** Puts a release into a repository; by default that of gantry.yml. `tags` are further names there, which move. */
    push: procedure
      .input(() =>
        inWorkspaceSchema.extend({
          requestId: requestIdSchema,
          release: releaseIdSchema,
          repository: z.string().min(1).max(300).optional(),
          tags: z.array(z.string()).max(20).default([]),
        }),
      )
      .output(() => z.object({ runId: runIdSchema })),
    /** Gives a release further names on this engine. */
    tag: procedure
      .input(() =>
        inWorkspaceSchema.extend({
          requestId: requestIdSchema,
          release: releaseIdSchema,
          tags: z.array(z.string()).min(1).max(20),
        }),
      )
      .output(() => z.object({ runId: runIdSchema })),
  },
  plan: procedure.input(() => planRequestSchema).output(() => planSchema),
  runs: {
    /** Starts exactly the plan whose hash is given, or refuses with `plan-stale`. */
    start: procedure
      .input(() =>
        z.object({
          request: planRequestSchema,
          /** `null` of those who looked at no plan: whatever it is now. */
          planHash: z.string().nullable(),
          requestId: requestIdSchema,
          /** The environment's name, where it wants to be typed. */
          confirmation: z.string().optional(),
          note: z.string().max(2_000).optional(),
        }),
      )
      .output(() => z.object({ runId: runIdSchema })),
    build: procedure
      .input(() =>
        inWorkspaceSchema.extend({
          requestId: requestIdSchema,
          noCache: z.boolean().default(false),
          /** When a build of this workspace is going on: wait for it, cancel it and those that wait, or refuse. */
          whenBusy: z.enum(['queue', 'replace', 'refuse']).default('queue'),
          /** What to build instead of the folder as it is: anything that git takes for a commit. */
          commit: z.string().min(1).max(200).optional(),
          /** Trust what that commit's gantry.yml would run. */
          trustCommit: z.boolean().default(false),
        }),
      )
      .output(() => z.object({ runId: runIdSchema })),
    /**
     * Goes on with a run that did not end well, with its release and env, from the step named or the first that was not
     * proved. Refuses with `plan-stale` where anything else happened in its environment since.
     */
    retry: procedure
      .input(() =>
        z.object({
          runId: runIdSchema,
          requestId: requestIdSchema,
          from: z.string().optional(),
          /** The environment's name, where it wants to be typed. */
          confirmation: z.string().optional(),
          note: z.string().max(2_000).optional(),
        }),
      )
      .output(() => z.object({ runId: runIdSchema })),
    /**
     * Leaves a run that did not end well as it ended, and its environment as it is: nothing goes on from it any more.
     * `accepted`: false where somebody had given it up before.
     */
    giveUp: procedure
      .input(() => z.object({ runId: runIdSchema }))
      .output(() => z.object({ accepted: z.boolean() })),
    cancel: procedure
      .input(() => z.object({ runId: runIdSchema }))
      .output(() => z.object({ accepted: z.boolean() })),
    get: procedure
      .input(() => z.object({ runId: runIdSchema }))
      .output(() =>
        z.object({ summary: runSummarySchema, events: z.array(recordedEventSchema), logLines: z.number() }),
      ),
    /** Newest first; `before` is a cursor, the id of the last run seen. */
    list: procedure
      .input(() =>
        inWorkspaceSchema.extend({
          before: runIdSchema.optional(),
          limit: z.number().int().min(1).max(500).default(50),
          environment: environmentNameSchema.optional(),
          kind: runKindSchema.optional(),
          state: z.union([z.literal('running'), runOutcomeSchema]).optional(),
          release: releaseIdSchema.optional(),
          since: timeSchema.optional(),
        }),
      )
      .output(() => z.array(runSummarySchema)),
    /**
     * Lines `from` … `from + limit - 1`; `total` counts those written so far. Where there is none of them yet and the run
     * goes on, the answer comes as soon as there is, or with none after `waitMs`.
     */
    log: procedure
      .input(() =>
        z.object({
          runId: runIdSchema,
          from: z.number().int().min(1).default(1),
          limit: z.number().int().min(1).max(5_000).default(1_000),
          waitMs: z.number().int().min(0).max(30_000).default(0),
        }),
      )
      .output(() => z.object({ lines: z.array(logLineSchema), total: z.number(), ended: z.boolean() })),
  },
  /** Rebuild, test and deploy on every change, for as long as this process lives. */
  watch: {
    get: procedure.input(() => inWorkspaceSchema).output(() => watchStateSchema),
    /** `environment: null` builds and tests only; absent: the one that gantry.yml names, else the first. */
    start: procedure
      .input(() => inWorkspaceSchema.extend({ environment: environmentNameSchema.nullable().optional() }))
      .output(() => watchStateSchema),
    /** A run of the loop that is going on is cancelled. */
    stop: procedure.input(() => inWorkspaceSchema).output(() => watchStateSchema),
  },
  environments: {
    hold: procedure
      .input(() => inEnvironmentSchema.extend({ reason: z.string().min(1).max(500) }))
      .output(() => z.object({})),
    lift: procedure.input(() => inEnvironmentSchema).output(() => z.object({})),
  },
  /** Every event committed after `afterSeq` by any Gantry on this machine, then live ones. */
  live: procedure
    .input(() => inWorkspaceSchema.extend({ afterSeq: z.number().int().min(0).optional() }))
    .stream(() => liveEventSchema),
};
export type Contract = typeof contract;
