import { createContext, use } from 'react';

/** The system's own folder dialog, where the shell has one. */
export type FolderChooser = {
  /** Undefined when the person chose none. */
  readonly choose: () => Promise<string | undefined>;
};

const FolderChooserContext = createContext<FolderChooser | undefined>(undefined);

export const FolderChooserProvider = FolderChooserContext;

export function useFolderChooser(): FolderChooser | undefined {
  return use(FolderChooserContext);
}
