import * as z from 'zod';
import type { Theme } from '#shared/api/desktop-bridge.ts';

const settingsSchema = z.object({
  theme: z.enum(['system', 'light', 'dark']).catch('system').default('system'),
  bounds: z
    .object({ x: z.int(), y: z.int(), width: z.int().positive(), height: z.int().positive() })
    .optional()
    .catch(undefined),
});

/** What the window remembers between two starts. */
export type DesktopSettings = {
  readonly theme: Theme;
  readonly bounds?: z.infer<typeof settingsSchema>['bounds'];
};

/** Never fails: what cannot be read is forgotten, since nothing here is worth a start that does not happen. */
export function parseSettings(text: string | undefined): DesktopSettings {
  const parsed = settingsSchema.safeParse(parseJson(text ?? '{}'));
  return parsed.success ? parsed.data : { theme: 'system' };
}

export function printSettings(settings: DesktopSettings): string {
  return `${JSON.stringify(settings, null, 2)}\n`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
