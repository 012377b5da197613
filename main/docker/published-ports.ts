import type { Container } from '#main/core/ports.ts';
import { isLoopback } from './published-host.ts';

type Binding = { readonly HostIp: string; readonly HostPort: string };
/** As the engine has it: `8080/tcp` -> where that is published. */
type Bindings = Readonly<Record<string, readonly Binding[] | null | undefined>> | null | undefined;

/**
 * Where a container serves.
 * @param wished what was asked for when it was made
 * @param host where the engine's machine is reached; absent for this one
 */
export function publishedPorts(published: Bindings, wished: Bindings, host?: string): Container['ports'] {
  return Object.entries(published ?? {}).flatMap(([port, bindings]) => {
    const [number = '', protocol = 'tcp'] = port.split('/');
    return reachable(bindings ?? [], wished?.[port] ?? []).map(({ HostIp, HostPort }) => ({
      hostIp: host !== undefined && isAny(HostIp) ? host : HostIp,
      hostPort: Number(HostPort),
      containerPort: Number(number),
      protocol,
      ...(host !== undefined && isLoopback(HostIp) ? { isOnlyThere: true as const } : {}),
    }));
  });
}

/**
 * Where the engine chooses, it may choose another one for IPv6. One binding is one port to a person, and IPv4 is what
 * everybody can ask.
 */
function reachable(bindings: readonly Binding[], wished: readonly Binding[]): readonly Binding[] {
  const isChosen = ({ HostPort }: Binding) => !wished.some((one) => one.HostPort === HostPort);
  const hasIpv4 = bindings.some((one) => isAnyIpv4(one.HostIp) && isChosen(one));
  return bindings.filter((one) => !(hasIpv4 && one.HostIp === '::' && isChosen(one)));
}

function isAny(hostIp: string): boolean {
  return isAnyIpv4(hostIp) || hostIp === '::';
}

function isAnyIpv4(hostIp: string): boolean {
  return hostIp === '' || hostIp === '0.0.0.0';
}
