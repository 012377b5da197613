import type { ComposeUp } from './actions.ts';
import type { FileMemory } from './file-memory.ts';
import type { ModelService } from './model.ts';
import type { RollingService } from './rolling-model.ts';

/** What the compose files say of a deploy, without any value of the env. */
export type Facts = {
  readonly paths: readonly string[];
  readonly services: readonly ModelService[];
  readonly releaseServices: readonly string[];
  readonly oneShots: readonly string[];
  readonly rolling: readonly RollingService[];
};

type Remembered = {
  readonly of: string;
  readonly facts: Facts;
  /** Containers that were there before the first new one started. */
  readonly before?: ReadonlySet<string>;
};

/**
 * What one step of a deploy found out and the next would ask again: reading the files costs Compose a tenth of a second
 * each time. One entry a project, from its first step on. Whoever does without it asks anew.
 */
export type DeployMemory = {
  readonly files: FileMemory;
  remember(up: ComposeUp, folder: string, facts: Facts): void;
  recall(up: ComposeUp, folder: string): Remembered | undefined;
  /** The first set of a deploy stays: a step that is repeated finds what it started itself. */
  rememberBefore(up: ComposeUp, folder: string, before: ReadonlySet<string>): ReadonlySet<string>;
  forget(up: Pick<ComposeUp, 'project'>, folder: string): void;
};

export function createDeployMemory(files: FileMemory): DeployMemory {
  const entries = new Map<string, Remembered>();
  const keyOf = ({ project }: Pick<ComposeUp, 'project'>, folder: string) => `${folder}\n${project}`;
  const recall = (up: ComposeUp, folder: string) => {
    const entry = entries.get(keyOf(up, folder));
    return entry?.of === nameOf(up) ? entry : undefined;
  };
  return {
    files,
    recall,
    remember(up, folder, facts) {
      entries.set(keyOf(up, folder), { of: nameOf(up), facts });
    },
    rememberBefore(up, folder, before) {
      const entry = recall(up, folder);
      if (entry === undefined) return before;
      entries.set(keyOf(up, folder), { before, ...entry });
      return entry.before ?? before;
    },
    forget(up, folder) {
      entries.delete(keyOf(up, folder));
    },
  };
}

/** The same for all steps of a deploy, whatever each is called. */
function nameOf(up: ComposeUp & { readonly kind?: string }): string {
  return JSON.stringify({ ...up, kind: undefined });
}
