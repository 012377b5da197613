import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';

/** Electron's port of the main process: an EventEmitter whose messages come as events with `data`. */
export class FakeMessagePortMain extends EventEmitter {
  /** What a page gets when this port is posted to it. */
  readonly transferable: MessagePort;

  constructor(port: MessagePort) {
    super();
    this.transferable = port;
  }

  /** Electron queues messages until this is called. */
  start(): void {
    this.transferable.on('message', (data: unknown) => this.emit('message', { data, ports: [] }));
    this.transferable.on('close', () => this.emit('close'));
  }

  postMessage(message: unknown): void {
    this.transferable.postMessage(message);
  }

  close(): void {
    this.transferable.close();
  }
}

export class FakeMessageChannelMain {
  readonly port1: FakeMessagePortMain;
  readonly port2: FakeMessagePortMain;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = new FakeMessagePortMain(port1);
    this.port2 = new FakeMessagePortMain(port2);
  }
}
