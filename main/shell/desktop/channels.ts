/** IPC channels between preload and main. The contract is not among them: it has a MessagePort of its own. */
export const channels = {
  /** page -> main: asks for a port. */
  connect: 'gantry:connect',
  /** main -> page: carries the port. */
  port: 'gantry:port',
  /** page -> main, answered: the system's folder dialog. */
  openFolder: 'gantry:open-folder',
  /** page -> main: the theme the page shows. */
  theme: 'gantry:theme',
  /** page -> main: someone listens to commands from now on. */
  listening: 'gantry:listening',
  /** main -> page: a DesktopCommand. */
  command: 'gantry:command',
} as const;
