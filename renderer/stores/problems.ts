import type { Problem } from '#shared/domain/errors.ts';
import type { Trouble } from '../transport/trouble.ts';

/** The workspace's description cannot be worked with, and this says where. */
export function isBroken({ code, problems }: Trouble): boolean {
  return code === 'config-invalid' && problems.length > 0;
}

/** One mistake may be found twice. */
export function distinctProblems(problems: readonly Problem[]): readonly Problem[] {
  const byText = new Map(problems.map((problem) => [JSON.stringify(problem), problem] as const));
  return [...byText.values()];
}
