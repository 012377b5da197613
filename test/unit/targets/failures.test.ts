import { expect, it } from 'vitest';
import { composeFailure } from '#main/targets/compose/failures.ts';

const daemon = 'Error response from daemon: ';

it.each([
  [
    'a port, as Engine 26 says it',
    `${daemon}driver failed programming external connectivity on endpoint x (a1): Bind for 127.0.0.1:18081 failed: port is already allocated`,
    'target-refused',
    'Port 127.0.0.1:18081 is in use already.',
  ],
  [
    'a port, as its proxy says it',
    `${daemon}driver failed programming external connectivity on endpoint x (a1): Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use`,
    'target-refused',
    'Port 0.0.0.0:80 is in use already.',
  ],
  [
    'a port, as Engine 28 says it',
    `${daemon}failed to set up container networking: driver failed programming external connectivity on endpoint x (a1): failed to bind host port for 127.0.0.1:80:172.18.0.2:80/tcp: address already in use`,
    'target-refused',
    'Port 127.0.0.1:80 is in use already.',
  ],
  [
    'a port, as Engine 29 says it',
    `${daemon}failed to bind host port 127.0.0.1:80/tcp: address already in use`,
    'target-refused',
    'Port 127.0.0.1:80 is in use already.',
  ],
  [
    'no engine',
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    'engine-unreachable',
    'The Docker engine did not answer: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
  ],
  [
    'a taken name',
    `${daemon}Conflict. The container name "/web" is already in use by container "a1". You have to remove (or rename) that container.`,
    'target-refused',
    'The container name web is taken.',
  ],
  [
    'a required variable',
    'error while interpolating services.web.ports.[]: required variable PORT is missing a value: set PORT',
    'compose-invalid',
    'The compose file requires PORT, and the env file does not have it.',
  ],
  [
    'no such env file',
    'env file /w/common.env not found: stat /w/common.env: no such file or directory',
    'compose-invalid',
    'The compose file names an env file that does not exist: env file /w/common.env not found: stat /w/common.env: no such file or directory',
  ],
  [
    'an image that is not to be had',
    ` db Pulling \n db Error \n${daemon}pull access denied for nope, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
    'target-refused',
    "An image cannot be had: pull access denied for nope, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
  ],
  [
    'an invalid file',
    'validating /w/compose.yml: services.web Additional property imag is not allowed',
    'compose-invalid',
    'The compose file is not valid: validating /w/compose.yml: services.web Additional property imag is not allowed',
  ],
  [
    'something after warnings',
    `time="2026-01-01T00:00:00Z" level=warning msg="the attribute version is obsolete"\n Container x  Creating \n${daemon}no space left on device\n`,
    'target-refused',
    'docker compose failed: no space left on device',
  ],
  ['nothing', '\n', 'target-refused', 'docker compose failed: it said nothing'],
])('%s', (_name, output, code, message) => {
  expect(composeFailure(output)).toEqual({ code, message, hint: expect.stringMatching(/\w/) });
});
