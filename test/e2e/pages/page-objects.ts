import type { Locator } from '@playwright/test';

/** What a person sees and does on each page. An action answers with the page it leads to. */
export type Pages = {
  readonly frame: AppFrame;
  board(): BoardPage;
  run(): RunPage;
  history(): HistoryPage;
  compare(): ComparePage;
  releases(): ReleasesPage;
  planDialog(): PlanDialog;
};

/** What stands around every view: title bar, palette, notices, status bar. */
export type AppFrame = {
  readonly statusBar: Locator;
  readonly toasts: Locator;
  readonly buildButton: Locator;
  /** Before a workspace is open: its folder is typed. */
  openWorkspace(folder: string): Promise<BoardPage>;
  goToBoard(): Promise<BoardPage>;
  goToHistory(): Promise<HistoryPage>;
  goToReleases(): Promise<ReleasesPage>;
  build(): Promise<RunPage>;
  /** Another variant of building, from the menu beside the button; answers with the run it started. */
  buildBy(option: string): Promise<RunPage>;
  /** On while every change is built, tested and deployed. */
  readonly watchSwitch: Locator;
  /** By keyboard alone. */
  openPalette(): Promise<Palette>;
};

export type Palette = {
  readonly field: Locator;
  readonly options: Locator;
  /** The option that Enter would choose. */
  readonly chosen: Locator;
  type(words: string): Promise<void>;
  enterPlan(): Promise<PlanDialog>;
  enter(): Promise<void>;
  close(): Promise<void>;
};

export type BoardPage = {
  readonly trustNotice: Locator;
  readonly trustButton: Locator;
  /** One environment's column. */
  column(environment: string): Locator;
  status(environment: string): Locator;
  release(environment: string): Locator;
  /** The whole id of the image that the board says the environment has; undefined for none. */
  imageId(environment: string): Promise<string | undefined>;
  between(left: string, right: string): Locator;
  runs(): Locator;
  trust(): Promise<BoardPage>;
  deploy(environment: string): Promise<PlanDialog>;
  /** Where another run has the environment: the dialog waits for its end. */
  deployLater(environment: string): Promise<PlanDialog>;
  promote(from: string, to: string): Promise<PlanDialog>;
  rollBack(environment: string): Promise<PlanDialog>;
  hold(environment: string): Promise<HoldDialog>;
  liftHold(environment: string): Promise<BoardPage>;
  openRun(words: RegExp): Promise<RunPage>;
  compare(left: string, right: string): Promise<ComparePage>;
};

export type HoldDialog = {
  readonly reason: Locator;
  hold(): Promise<BoardPage>;
  close(): Promise<void>;
};

export type PlanDialog = {
  readonly root: Locator;
  /** Where the plan stands: Ready, Cannot promote yet, No plan. */
  readonly foot: Locator;
  readonly confirmation: Locator;
  readonly note: Locator;
  readonly startButton: Locator;
  /** Who has the environment, while it waits. */
  readonly holder: Locator;
  untilWaiting(): Promise<PlanDialog>;
  untilReady(): Promise<PlanDialog>;
  start(): Promise<RunPage>;
  /** Enter in the confirmation. */
  startByEnter(): Promise<RunPage>;
  close(): Promise<void>;
};

export type RunPage = {
  readonly title: Locator;
  readonly state: Locator;
  readonly steps: Locator;
  readonly log: Locator;
  readonly cancelButton: Locator;
  /** The first step that was not cached, and the files because of which. */
  readonly brokenCache: Locator;
  /** What the release is: images, tags, tests, notes. */
  readonly release: Locator;
  /** What a step asked for health, over time. */
  health(step: string): Locator;
  readonly stopWatchingButton: Locator;
  /** That the run left its environment held. */
  readonly heldNotice: Locator;
  /** What can be done about the step that failed, in place. */
  readonly choices: Locator;
  /** When and by whom. */
  readonly givenUp: Locator;
  retryDialog(): RetryDialog;
  /** What a test's JUnit XML says. */
  report(step: string): Locator;
  id(): Promise<number>;
  gitTag(name?: string): Promise<Locator>;
  /** The id of the release it built or carries. */
  releaseId(): Promise<string>;
  untilEnded(state: string): Promise<RunPage>;
  deployTo(environment: string): Promise<PlanDialog>;
  cancel(): Promise<RunPage>;
};

export type RetryDialog = {
  readonly root: Locator;
  readonly confirmation: Locator;
  beginWith(step: string): Promise<RetryDialog>;
  start(): Promise<RunPage>;
};

export type HistoryPage = {
  readonly runs: Locator;
  readonly preview: Locator;
  choose(words: RegExp): Promise<HistoryPage>;
  openChosen(): Promise<RunPage>;
  compareChosen(): Promise<ComparePage>;
};

export type ReleasesPage = {
  readonly rows: Locator;
  row(release: string): Locator;
  /** What is known of the chosen one. */
  readonly detail: Locator;
  choose(release: string): Promise<ReleasesPage>;
  /** Without `repository` the one that gantry.yml names, which the form must show. */
  push(release: string, wish: { readonly names?: string; readonly shows: string }): Promise<RunPage>;
  /** From the menu of the chosen one. */
  act(release: string, action: string | RegExp): Promise<void>;
  /** By keyboard: Space on each. */
  compare(one: string, other: string): Promise<ComparePage>;
  /** An image that Gantry did not build, by its name. */
  adopt(ref: string): Promise<RunPage>;
  removeOld(): Promise<PruneDialog>;
};

export type PruneDialog = {
  readonly root: Locator;
  readonly goes: Locator;
  readonly stays: Locator;
  apply(): Promise<RunPage>;
};

export type ComparePage = {
  readonly sides: Locator;
  part(name: 'Commits' | 'Image' | 'Env keys' | 'Target'): Locator;
};
