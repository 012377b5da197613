import type { ErrorDetail } from '#shared/domain/errors.ts';

/** What Compose or the engine said, as an error with something to do next. */
export function composeFailure(output: string): ErrorDetail {
  const said = lastWords(output);
  const known = failures.find(({ pattern }) => pattern.test(output));
  if (known === undefined) {
    return {
      code: 'target-refused',
      message: `docker compose failed: ${said}`,
      hint: 'See the lines above; `docker compose up` by hand may tell more.',
    };
  }
  const match = known.pattern.exec(output);
  return known.explain(said, match?.slice(1).map((group) => group ?? '') ?? []);
}

type Failure = {
  readonly pattern: RegExp;
  readonly explain: (said: string, groups: readonly string[]) => ErrorDetail;
};

const failures: readonly Failure[] = [
  {
    // Engine 26: "Bind for 127.0.0.1:8080 failed: port is already allocated"; the proxy: "listen tcp4 127.0.0.1:8080:
    // bind: address already in use"; Engine 28: "failed to bind host port 127.0.0.1:8080/tcp: address already in use".
    pattern:
      /(?:Bind for|listen (?:tcp|udp)[46]?|failed to bind host port(?: for)?)\s+(\S+?:\d+)(?:\/\w+|:[\d.]+:\d+\/\w+)?:? (?:failed: port is already allocated|bind: address already in use|address already in use)/,
    explain: (_said, [address = 'a port']) => ({
      code: 'target-refused',
      message: `Port ${address} is in use already.`,
      hint: 'Stop what listens there (`docker ps` and `ss -ltnp` show it), or publish another port in the compose file or the env file.',
    }),
  },
  {
    pattern: /port is already allocated|address already in use/,
    explain: (said) => ({
      code: 'target-refused',
      message: `A port is in use already: ${said}`,
      hint: 'Stop what listens there, or publish another port in the compose file or the env file.',
    }),
  },
  {
    pattern: /Cannot connect to the Docker daemon|error during connect|dial unix \S+: connect/,
    explain: (said) => ({
      code: 'engine-unreachable',
      message: `The Docker engine did not answer: ${said}`,
      hint: 'Start it; `gantry doctor` shows where Gantry looks for it.',
    }),
  },
  {
    pattern: /container name "\/?([^"]+)" is already in use/,
    explain: (_said, [name = '']) => ({
      code: 'target-refused',
      message: `The container name ${name} is taken.`,
      hint: 'Remove `container_name` from the compose file: with a fixed name only one environment can run.',
    }),
  },
  {
    // With older Compose: `service "migrate" didn't complete successfully: exit 3`.
    pattern: /(?:service|container) "?([^" ]+)"? didn['’]t complete successfully: exit (\d+)/,
    explain: (_said, [name = '', code = '']) => ({
      code: 'target-refused',
      message: `${name} ended with code ${code}, and others wait for it to end with 0.`,
      hint: 'Its last lines are in the log. A rolling deploy (strategy: rolling) leaves what ran before running then.',
    }),
  },
  {
    pattern:
      /dependency failed to start: container (\S+) (is unhealthy|exited \(\d+\)|has no healthcheck configured)/,
    explain: (_said, [name = '', why = '']) => ({
      code: 'target-refused',
      message: `${name} ${why}, and others wait for it.`,
      hint: 'Its last lines are in the log.',
    }),
  },
  {
    pattern: /required variable (\S+) is missing a value/,
    explain: (_said, [name = '']) => ({
      code: 'compose-invalid',
      message: `The compose file requires ${name}, and the env file does not have it.`,
      hint: `Add ${name} to the environment’s env file.`,
    }),
  },
  {
    pattern: /env file (\S+) not found|stat (\S+env\S*): no such file|open (\S+env\S*): no such file/,
    explain: (said) => ({
      code: 'compose-invalid',
      message: `The compose file names an env file that does not exist: ${said}`,
      hint: 'Create it, or remove it from `env_file`.',
    }),
  },
  {
    pattern: /pull access denied|manifest unknown|No such image|failed to resolve reference/i,
    explain: (said) => ({
      code: 'target-refused',
      message: `An image cannot be had: ${said}`,
      hint: 'Pull or build the image of that service by hand, or mend its name in the compose file.',
    }),
  },
  {
    pattern:
      /validating |yaml: |Additional property|undefined (?:service|network|volume|config|secret)|dependency cycle|invalid (?:spec|interpolation|compose)|error while interpolating|services?\.\S+ must be|no such file or directory/i,
    explain: (said) => ({
      code: 'compose-invalid',
      message: `The compose file is not valid: ${said}`,
      hint: 'Mend it; `docker compose config -q` checks it by hand.',
    }),
  },
];

/** The last line that says something, without Compose's own decoration. */
function lastWords(output: string): string {
  const lines = output
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/level=warning/.test(line));
  const error = lines.findLast((line) => /error|failed|invalid|denied|not /i.test(line)) ?? lines.at(-1);
  return (error ?? 'it said nothing').replace(/^Error response from daemon: /, '').slice(0, 500);
}
