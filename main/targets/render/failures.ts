import { GantryError } from '#shared/domain/errors.ts';

/** The name in gantry.yml by which hints call a key; never its value. */
type Asked = { readonly service: string; readonly reference: string };

/** What an answer that is no means, and what to do. `said`: Render's own sentence, without secrets. */
export function refusal(
  status: number,
  said: string | undefined,
  { service, reference }: Asked,
): GantryError {
  const words = said === undefined ? '' : `: ${said}`;
  const no = (what: string, hint: string) =>
    new GantryError('target-refused', sentence(`${what} (${status})${words}`), hint);
  if (status >= 300 && status < 400)
    return no('Render sent Gantry elsewhere, where it does not go', 'Look at the address in gantry.yml.');
  switch (status) {
    case 400:
      return no(
        `Render refused the request for ${service}`,
        'The image’s host, repository and name must be those of the service; only its tag or digest may differ.',
      );
    case 401:
      return no(
        'Render does not accept what Gantry signed in with',
        `Look at what ${reference} holds, or make a new one on Render.`,
      );
    case 403:
      return no(
        `Render does not let Gantry at ${service}`,
        `What ${reference} holds must belong to the workspace on Render that has the service.`,
      );
    case 404:
      return no(`Render knows no ${service}`, 'Look at the service’s id in gantry.yml.');
    case 409:
      return no(
        `Render is busy with ${service}`,
        'Look at the service’s events on Render, and plan again once they are over.',
      );
    case 410:
      return no(
        `${service} is gone from Render`,
        'Make a new service on Render and put its id into gantry.yml.',
      );
    default:
      return no(`Render refused the request for ${service}`, 'Look at the service on Render.');
  }
}

export function unreachable(why: string): GantryError {
  return new GantryError(
    'target-unreachable',
    sentence(`Render did not answer: ${why}`),
    'Look at status.render.com and at this machine’s network, and try again.',
  );
}

/** Nothing may be sent again: the first may have come through. */
export function unsure(why: string, service: string): GantryError {
  return new GantryError(
    'target-unreachable',
    sentence(`It is not known whether Render took the deploy: ${why}`),
    `It was not sent again. Look at the events of ${service} on Render, and plan again.`,
  );
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Render's sentence, short, on one line and without any of the secrets. */
export function cleaned(text: string, secrets: readonly string[]): string {
  const without = secrets
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
  return without.replace(/\s+/g, ' ').trim().slice(0, 300);
}
