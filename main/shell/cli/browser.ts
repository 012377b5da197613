import type { CliWorld, Launch } from './command-context.ts';

/** Shows a link in the person's browser; false where there is none to be had. */
export async function openBrowser(world: CliWorld, url: string): Promise<boolean> {
  const launch = browserLaunch(world, url);
  return launch !== undefined && (await world.launch(launch));
}

/**
 * Other users of the machine may read a program's arguments, and the link is a key. So it goes by stdin where the system
 * can take it there; on Linux, where it cannot, the link only works for a browser of our own user. On Windows other
 * users' arguments are not to be seen.
 */
export function browserLaunch(
  { platform, env }: Pick<CliWorld, 'platform' | 'env'>,
  url: string,
): Launch | undefined {
  switch (platform) {
    case 'darwin':
      return { argv: ['osascript', '-'], stdin: `open location ${JSON.stringify(url)}\n` };
    case 'win32':
      return { argv: ['rundll32', 'url.dll,FileProtocolHandler', url] };
    default:
      return hasDisplay(env) ? { argv: ['xdg-open', url] } : undefined;
  }
}

export function hasDisplay(env: CliWorld['env']): boolean {
  return [env.DISPLAY, env.WAYLAND_DISPLAY].some((display) => (display ?? '') !== '');
}
