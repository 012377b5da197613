import { type DesktopSettings, parseSettings, printSettings } from './desktop-settings.ts';

export type SettingsFile = {
  get(): DesktopSettings;
  change(part: Partial<DesktopSettings>): void;
  /** Written once, when the app ends. */
  save(): Promise<void>;
};

export type SettingsFiles = {
  /** `undefined` when there is no such file. */
  readonly readText: (path: string) => Promise<string | undefined>;
  readonly writeText: (path: string, text: string) => Promise<void>;
};

export async function openSettings(files: SettingsFiles, path: string): Promise<SettingsFile> {
  let settings = parseSettings(await files.readText(path).catch(() => undefined));
  return {
    get: () => settings,
    change: (part) => {
      settings = { ...settings, ...part };
    },
    // A folder that cannot be written is reported by the ledger, which needs it more.
    save: () => files.writeText(path, printSettings(settings)).catch(() => undefined),
  };
}
