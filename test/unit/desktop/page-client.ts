import { onTestFinished } from 'vitest';
import type { Client } from '#renderer/transport/client.ts';
import { connectDesktop, receivePort } from '#renderer/transport/desktop.ts';
import type { PageWindow } from '#test/fakes/electron/fake-page.ts';

/** Asks for a port as the renderer does. Undefined when none comes within 50 ms. */
export async function askForPort(window: PageWindow): Promise<MessagePort | undefined> {
  // The stand-in has the members that the renderer uses of a window.
  const page = window as unknown as Parameters<typeof receivePort>[0];
  return receivePort(page, AbortSignal.timeout(50)).catch(() => undefined);
}

/** The contract, called by the renderer's own transport through preload's pipe. */
export async function connectClient(window: PageWindow): Promise<Client> {
  const port = await askForPort(window);
  if (port === undefined) throw new Error('no port came');
  const { client, dispose } = connectDesktop(port, Date.now);
  onTestFinished(dispose);
  return client;
}
