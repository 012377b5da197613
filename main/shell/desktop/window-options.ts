import type { BrowserWindowConstructorOptions, Rectangle } from 'electron';

export const smallestWindow = { width: 800, height: 700 } as const;
const usualWindow = { width: 1320, height: 880 } as const;

/** The `canvas` token of the renderer, so that nothing flashes before its first paint. */
export function backgroundColor(isDark: boolean): string {
  return isDark ? '#0d0e10' : '#f2f3f5';
}

export function windowOptions(options: {
  readonly platform: NodeJS.Platform;
  readonly isDark: boolean;
  readonly isDev: boolean;
  /** Absolute path of the bundled preload script. */
  readonly preload: string;
  /** Where the window stood last time, if that place can still be seen. */
  readonly bounds: Rectangle | undefined;
}): BrowserWindowConstructorOptions {
  const { platform, isDark, isDev, preload, bounds } = options;
  return {
    ...(bounds ?? usualWindow),
    minWidth: smallestWindow.width,
    minHeight: smallestWindow.height,
    title: 'Gantry',
    // Shown when the page has painted.
    show: false,
    backgroundColor: backgroundColor(isDark),
    // The page draws its own title bar, 48 high, and leaves room at the left for the three buttons.
    ...(platform === 'darwin'
      ? { titleBarStyle: 'hidden' as const, trafficLightPosition: { x: 18, y: 17 } }
      : {}),
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: isDev,
    },
  };
}

/**
 * The remembered place, moved to where it can be seen: a screen may be gone or smaller since. Undefined when nothing
 * was remembered or none of it lies on a screen.
 */
export function visibleBounds(
  remembered: Rectangle | undefined,
  workAreas: readonly Rectangle[],
): Rectangle | undefined {
  if (remembered === undefined) return undefined;
  const area = workAreas.find((candidate) => overlaps(remembered, candidate));
  if (area === undefined) return undefined;
  const width = Math.min(Math.max(remembered.width, smallestWindow.width), area.width);
  const height = Math.min(Math.max(remembered.height, smallestWindow.height), area.height);
  return {
    width,
    height,
    x: Math.min(Math.max(remembered.x, area.x), area.x + area.width - width),
    y: Math.min(Math.max(remembered.y, area.y), area.y + area.height - height),
  };
}

function overlaps(one: Rectangle, other: Rectangle): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}
