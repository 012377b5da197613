/**
 * The user id of the program at the other end of a loopback connection, out of Linux's own list of sockets
 * (/proc/net/tcp: local address, remote address, and the owner in the eighth column). `undefined` where it is not listed.
 */
export function peerUser(
  sockets: string,
  ports: { readonly theirs: number; readonly ours: number },
): number | undefined {
  const theirs = `:${hex(ports.theirs)}`;
  const ours = `:${hex(ports.ours)}`;
  for (const line of sockets.split('\n')) {
    const [, local = '', remote = '', , , , , uid = ''] = line.trim().split(/\s+/);
    if (local.endsWith(theirs) && remote.endsWith(ours) && /^\d+$/.test(uid)) return Number(uid);
  }
  return undefined;
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}
