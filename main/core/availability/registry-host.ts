/** `docker.io` where the name has no registry of its own. */
export function registryHost(repository: string): string {
  const first = repository.split('/')[0] ?? '';
  return repository.includes('/') && /[.:]|^localhost$/.test(first) ? first : 'docker.io';
}
