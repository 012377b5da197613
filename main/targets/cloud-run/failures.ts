import { GantryError } from '#shared/domain/errors.ts';
import { resourceName, type ServiceAt } from './config.ts';
import { apiErrorSchema, type Condition } from './shapes.ts';

/** What the API said no with. */
export type Refusal = { readonly status: number; readonly reason: string; readonly message: string };

export function refusalOf(status: number, body: string): Refusal {
  const parsed = apiErrorSchema.safeParse(parseJson(body));
  return parsed.success
    ? { status, reason: parsed.data.error.status, message: parsed.data.error.message }
    : { status, reason: '', message: '' };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Somebody changed the service between our reading and our writing. */
export function isConflict({ status, reason }: Refusal): boolean {
  return status === 409 || reason === 'ABORTED';
}

export function errorOf(at: ServiceAt, { status, reason, message }: Refusal): GantryError {
  const said = `${status}${reason === '' ? '' : ` ${reason}`}${message === '' ? '' : `: ${message}`}`;
  const what = `Cloud Run answered ${said}`;
  if (status === 401) {
    return new GantryError(
      'target-refused',
      `Cloud Run does not know who asks: ${said}`,
      at.credentials === 'application-default'
        ? 'Run `gcloud auth application-default login` again.'
        : 'The access token may have ended, or the key may have been deleted: renew what `credentials` names.',
    );
  }
  if (status === 403) {
    const roles = 'roles/run.developer there, and roles/iam.serviceAccountUser on the service’s own account';
    return new GantryError('target-refused', what, `Who deploys to ${at.project} needs ${roles}.`);
  }
  if (status === 404) return missing(at);
  if (status === 429 || status >= 500) {
    return new GantryError('target-unreachable', what, 'Wait a little and try again.');
  }
  return new GantryError('target-refused', what, 'Look at the service’s settings in Google Cloud.');
}

export function missing(at: ServiceAt): GantryError {
  return new GantryError('target-refused', `There is no service ${resourceName(at)}.`, createHint(at));
}

/** Gantry knows neither whom the service runs as, nor who may call it, nor its env: a person makes it. */
export function createHint({ project, region, service }: ServiceAt): string {
  return `Check project, region and service in gantry.yml, or make it once: \`gcloud run deploy ${service} --project ${project} --region ${region} --image IMAGE\`.`;
}

export function unreachable(error: unknown): GantryError {
  const why = error instanceof Error ? error.message : String(error);
  return new GantryError(
    'target-unreachable',
    `Cloud Run did not answer: ${why}`,
    'Check the connection and try again.',
    { cause: error },
  );
}

/** Reasons of conditions (condition.proto), and what a person can do about them. */
const hints: Readonly<Record<string, string>> = {
  CONTAINER_MISSING:
    'Cloud Run cannot find the image: check `repository`, and that the region may pull from it.',
  CONTAINER_PERMISSION_DENIED:
    'Let the project’s Cloud Run service agent read the repository (roles/artifactregistry.reader).',
  CONTAINER_IMAGE_UNAUTHORIZED: 'A Binary Authorization policy does not allow this image: have it attested.',
  CONTAINER_IMAGE_AUTHORIZATION_CHECK_FAILED:
    'Binary Authorization could not be asked: check its policy, then deploy again.',
  HEALTH_CHECK_CONTAINER_ERROR:
    'The container did not start to listen in its time: it must listen on 0.0.0.0 at $PORT. Look at its logs.',
  PROGRESS_DEADLINE_EXCEEDED: 'It took too long to start: look at its logs, and at its startup probe.',
  REVISION_FAILED: 'Look at the revision’s logs.',
  SECRETS_ACCESS_CHECK_FAILED:
    'Give the service’s account access to its secrets (roles/secretmanager.secretAccessor), and check that they exist.',
  ENCRYPTION_KEY_PERMISSION_DENIED: 'Give the Cloud Run service agent the right to use the encryption key.',
  ENCRYPTION_KEY_CHECK_FAILED: 'The encryption key could not be checked: look at it in Cloud KMS.',
  CONFLICTING_REVISION_NAME: 'Something names the revision itself: clear `template.revision` of the service.',
  REVISION_ORG_POLICY_VIOLATION: 'A policy of the organisation does not allow it: ask who administers it.',
  ACTIVE_REVISION_LIMIT_REACHED: 'Too many revisions are active: take tags off those that are not needed.',
};

export function reasonOf({ reason, revisionReason, internalReason }: Condition): string | undefined {
  return [reason, revisionReason, internalReason].find((one) => one !== undefined && one !== 'UNKNOWN');
}

/** The one that says the most: a known reason goes before a general one. */
export function tellingOf(conditions: readonly Condition[]): Condition | undefined {
  const failed = conditions.filter(({ state }) => state === 'CONDITION_FAILED');
  const isGeneral = (condition: Condition) => {
    const reason = reasonOf(condition);
    return reason === undefined || reason === 'REVISION_FAILED' || hints[reason] === undefined;
  };
  return failed.find((condition) => !isGeneral(condition)) ?? failed.find(reasonOf) ?? failed[0];
}

export function hintFor(condition: Condition | undefined, logUri: string | undefined): string {
  const reason = condition === undefined ? undefined : reasonOf(condition);
  const hint = (reason === undefined ? undefined : hints[reason]) ?? 'Look at the revision’s logs.';
  return logUri === undefined ? hint : `${hint} Logs: ${logUri}`;
}

export function textOf(condition: Condition | undefined): string | undefined {
  if (condition === undefined) return undefined;
  const { message } = condition;
  const reason = reasonOf(condition);
  if (message === '') return reason;
  return reason === undefined ? message : `${reason}: ${message}`;
}
