import { expect, it } from 'vitest';
import { peerUser } from '#main/shell/server/peer-user.ts';

// As Linux 6 prints /proc/net/tcp: a listener, then both ends of one connection.
const sockets = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 46052 1 0000 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 46101 1 0000 20 4 30 10 -1
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 46100 1 0000 20 4 30 10 -1
`;

it('is the owner of the other end', () => {
  expect(peerUser(sockets, { theirs: 50_000, ours: 8_080 })).toBe(1000);
});

it.each([
  ['nobody', { theirs: 50_001, ours: 8_080 }],
  ['nobody on another port', { theirs: 50_000, ours: 8_081 }],
])('is %s', (_case, ports) => {
  expect(peerUser(sockets, ports)).toBeUndefined();
});
