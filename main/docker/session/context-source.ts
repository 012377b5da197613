import type { Selection } from './context-walk.ts';
import type { Listed } from './packed-entries.ts';

/** Where the files of a folder come from. */
export type ContextSource = {
  /**
   * The files as they all are at one moment, in the order of walkContext and with its errors. Throws `config-invalid` when
   * they do not stay the same for long enough. `root` is a real path.
   */
  entries(root: string, selection: Selection, asking: Asking): Promise<Listed>;
};

/** A source that may begin before it is asked. */
export type KeptSource = ContextSource & {
  /**
   * The source of a single build, which reads this context from now on, by what was asked for before or else by a guess
   * of what will be left out. What is told to change meanwhile it reads again.
   */
  ahead(root: string, excluded: readonly string[], signal: AbortSignal): ContextSource;
  /** Tells of a context of so many entries that is kept, for as long as it is. Whether it is, and has. */
  follow(root: string, least: number, follower: Follower): boolean;
};

export type Follower = {
  /** Something in it may be different now. */
  readonly onTold: () => void;
  /** It is kept no more: nothing is told from now on. */
  readonly onClose: () => void;
};

export type Asking = {
  /** Whether the same folder is likely to be asked for again. */
  readonly mayKeep: boolean;
  /** Whoever asks takes them packed, too. */
  readonly mayPack?: boolean;
  readonly onNote: (text: string) => void;
  /** It is known already that they are not what they were when they were asked for last. */
  readonly onOther?: () => void;
  readonly signal?: AbortSignal | undefined;
};

/** What the engine asks for, by the name of the folder. */
export type Asked = { readonly name: string; readonly selection: Selection };

/** Not of the file of patterns alone, which is asked for before a folder. */
export function isOfFiles({ followPaths }: Selection): boolean {
  return !(followPaths?.length === 1 && followPaths[0] === '.dockerignore');
}
