import { describe, expect, it } from 'vitest';
import { publishedPorts } from '#main/docker/published-ports.ts';

const at = (HostIp: string, HostPort: string) => ({ HostIp, HostPort });
const chosen = { '8080/tcp': [at('', '')] };
const shown = (ports: ReturnType<typeof publishedPorts>) =>
  ports.map(
    ({ hostIp, hostPort, containerPort, isOnlyThere }) =>
      `${hostIp} ${hostPort} ${containerPort}${isOnlyThere === true ? ' only there' : ''}`,
  );

describe('a port that the engine chose', () => {
  it('is the one for IPv4, where it chose another one for IPv6', () => {
    const published = { '8080/tcp': [at('0.0.0.0', '32769'), at('::', '32768')] };
    expect(shown(publishedPorts(published, chosen))).toEqual(['0.0.0.0 32769 8080']);
    // By the name of another machine nobody could tell them apart any more.
    expect(shown(publishedPorts(published, chosen, '10.0.0.5'))).toEqual(['10.0.0.5 32769 8080']);
  });

  it('of a range as well, and on every one of several', () => {
    const published = {
      '8080/tcp': [at('0.0.0.0', '8001'), at('0.0.0.0', '32770'), at('::', '8002'), at('::', '32771')],
    };
    const wished = { '8080/tcp': [at('', '8000-8010'), at('', '0')] };
    expect(shown(publishedPorts(published, wished))).toEqual(['0.0.0.0 8001 8080', '0.0.0.0 32770 8080']);
  });

  it('is the one for IPv6 where there is no other', () => {
    expect(
      shown(publishedPorts({ '8080/tcp': [at('::', '32768')] }, { '8080/tcp': [at('::', '')] })),
    ).toEqual([':: 32768 8080']);
  });
});

it('what somebody wrote down stays, for both', () => {
  const wished = { '8080/tcp': [at('0.0.0.0', '81'), at('::', '82'), at('127.0.0.1', '83')] };
  expect(shown(publishedPorts(wished, wished))).toEqual([
    '0.0.0.0 81 8080',
    ':: 82 8080',
    '127.0.0.1 83 8080',
  ]);
  expect(shown(publishedPorts(wished, wished, 'shop'))).toEqual([
    'shop 81 8080',
    'shop 82 8080',
    '127.0.0.1 83 8080 only there',
  ]);
});

it('a port that is not published is none', () => {
  expect(publishedPorts({ '8080/tcp': null }, null)).toEqual([]);
  expect(publishedPorts(undefined, undefined)).toEqual([]);
});
