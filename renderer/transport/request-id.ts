/** What makes a start idempotent: made once per press of a button and sent again unchanged after a lost answer. */
export function newRequestId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
