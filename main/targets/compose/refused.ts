import type { ErrorDetail } from '#shared/domain/errors.ts';

/** What keeps a deploy from being prepared. */
export type Refused = { readonly kind: 'refused'; readonly error: ErrorDetail };
