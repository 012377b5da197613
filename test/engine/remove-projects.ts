type Docker = (...args: readonly string[]) => Promise<string>;

/** Networks and volumes can only go after the containers that use them. */
const kinds = [
  { list: ['ps', '--all'], id: '.ID', remove: ['rm', '--force', '--volumes'] },
  { list: ['network', 'ls'], id: '.ID', remove: ['network', 'rm'] },
  { list: ['volume', 'ls'], id: '.Name', remove: ['volume', 'rm'] },
] as const;

/**
 * Removes what those compose projects have on an engine. `docker compose down` takes one project after the other, gives
 * every container a second to stop, and starts several processes for each.
 */
export async function removeProjects(docker: Docker, isOurs: (project: string) => boolean): Promise<void> {
  for (const { list, id, remove } of kinds) {
    const format = `{{${id}}} {{.Label "com.docker.compose.project"}}`;
    const lines = (await docker(...list, '--format', format)).split('\n');
    const found = lines.flatMap((line) => {
      const [one = '', project = ''] = line.split(' ');
      return isOurs(project) ? [one] : [];
    });
    if (found.length > 0) await docker(...remove, ...found);
  }
}
