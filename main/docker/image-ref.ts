/** `registry:5000/team/app:1.2` is the repository `registry:5000/team/app` and the tag `1.2`. */
export function splitRef(ref: string): { readonly repository: string; readonly tag: string } {
  const colon = ref.lastIndexOf(':');
  if (colon <= ref.lastIndexOf('/')) return { repository: ref, tag: 'latest' };
  return { repository: ref.slice(0, colon), tag: ref.slice(colon + 1) };
}

/** Whether the engine would take it for an image's id, or the beginning of one, instead of a name. */
export function isImageId(ref: string): boolean {
  return /^(sha256:)?[0-9a-f]{4,64}$/.test(ref);
}

/** In the path of a URL the slashes of a name stay. */
export function refInPath(ref: string): string {
  return ref.split('/').map(encodeURIComponent).join('/');
}
