import { refused } from '../failures.ts';
import type { GrpcClient } from './grpc-client.ts';
import { listWorkersPath, readWorkerLabels } from './solve-messages.ts';

/** What the docker CLI lets people write for the address of the engine's machine; BuildKit takes addresses only. */
const gateway = 'host-gateway';

/** dockerd's builder says the address in a label of its worker. */
const gatewayLabel = 'org.mobyproject.buildkit.worker.moby.host-gateway-ip';

type Hosts = Readonly<Record<string, string>>;

export async function gatewayAddress(client: GrpcClient, hosts: Hosts, signal: AbortSignal): Promise<Hosts> {
  if (!Object.values(hosts).includes(gateway)) return hosts;
  const workers = readWorkerLabels(await client.ask(listWorkersPath, new Uint8Array(), signal));
  const address = workers.map((labels) => labels[gatewayLabel]).find((each) => each);
  if (address === undefined) {
    const hint = 'Write the address itself in build.extraHosts.';
    throw refused('The engine does not say what address host-gateway is', hint);
  }
  return Object.fromEntries(Object.entries(hosts).map(([host, to]) => [host, to === gateway ? address : to]));
}
