import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { EngineAddress } from './engine-address.ts';

export type SshPlace = Extract<EngineAddress, { kind: 'ssh' }>;
type Env = Readonly<Record<string, string | undefined>>;

/** Why ssh could not do it, in its own words. */
export class SshFailure extends Error {
  readonly code = 'SSH';
}

/** A connection to an engine behind ssh; as long as it is idle it keeps no process alive. */
export type SshStream = Duplex & { ref(): void; unref(): void };

/** Longer than any network that a person would work over needs, and shorter than anybody here waits; seconds. */
const connectWithin = 5;

/**
 * The person's own `ssh`, as the docker CLI runs it (docker/cli, cli/connhelper): with their configuration, agent and
 * known hosts. It never asks for anything: nobody could answer.
 */
export function sshArgv({ host, port, username, socketPath }: SshPlace): [string, ...string[]] {
  return [
    'ssh',
    ...['-o', 'BatchMode=yes', '-o', `ConnectTimeout=${connectWithin}`, '-T'],
    ...(username === '' ? [] : ['-l', username]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    host,
    'docker',
    ...(socketPath === undefined ? [] : ['--host', `unix://${socketPath}`]),
    ...['system', 'dial-stdio'],
  ];
}

/** What is written goes to the engine; the stream ends with an `SshFailure` when ssh does. */
export function openSshStream(place: SshPlace, env: Env): SshStream {
  const [program, ...args] = sshArgv(place);
  const child = spawn(program, args, { env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  let hasAnswered = false;
  let isOver = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000);
  });

  const stream = new Duplex({
    // Ended on one side it is of no use, and must not be taken for a connection that is kept.
    allowHalfOpen: false,
    read: () => void child.stdout.resume(),
    // Where it fails ssh has ended, and says why by itself.
    write: (chunk: Buffer, _encoding, done) => {
      child.stdin.write(chunk, (error) => (error ? undefined : done()));
    },
    final: (done) => {
      child.stdin.end();
      // That of an ssh that has ended would never call back.
      done();
    },
    destroy(error, done) {
      isOver = true;
      child.stdin.destroy();
      child.stdout.destroy();
      child.stderr.destroy();
      child.kill();
      done(error);
    },
  });
  const fail = (why: string) => {
    if (!isOver) stream.destroy(new SshFailure(why));
  };
  child.stdout.on('data', (chunk: Buffer) => {
    hasAnswered = true;
    if (!stream.push(chunk)) child.stdout.pause();
  });
  // Its own words come by another pipe and may be later: the end of the process is when all was read.
  child.on('close', (code) => {
    if (isOver) return;
    if (hasAnswered && said.trim() === '') stream.push(null);
    else fail(whyFailed(said, code));
  });
  child.stdin.on('error', () => {});
  child.stdout.on('error', () => {});
  child.on('error', (error) =>
    fail('code' in error && error.code === 'ENOENT' ? 'there is no ssh command' : error.message),
  );
  return Object.assign(stream, likeSocket(stream), handlesOf(child));
}

/** What node:http calls on a socket; none of it has a meaning here. */
function likeSocket(stream: Duplex) {
  return {
    setTimeout: () => stream,
    setNoDelay: () => stream,
    setKeepAlive: () => stream,
  };
}

function handlesOf(child: ReturnType<typeof spawn>) {
  // On every system Node's pipes to a child are sockets; its types do not say so.
  type Handle = { ref?(): void; unref?(): void } | null | undefined;
  const handles = (): Handle[] => [
    child,
    ...([child.stdin, child.stdout, child.stderr] as unknown as Handle[]),
  ];
  return {
    ref: () => handles().forEach((handle) => void handle?.ref?.()),
    unref: () => handles().forEach((handle) => void handle?.unref?.()),
  };
}

/** The last line that says something; ssh puts warnings before it. */
function whyFailed(said: string, code: number | null): string {
  const lines = said
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(?:@+|warning:|\*\* )/i.test(line));
  const telling = lines.find((line) => tellingLine.test(line)) ?? lines.at(-1);
  if (telling === undefined) return `ssh ended with ${code ?? 'a signal'}`;
  return telling.replace(/\.$/, '');
}

const tellingLine =
  /permission denied|host key verification failed|REMOTE HOST IDENTIFICATION|could not resolve|connection refused|timed out|no route to host|not found|cannot connect to the docker daemon|identity file/i;
