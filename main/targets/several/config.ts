import * as z from 'zod';
import type { ImageRules, Target } from '#main/core/ports/target.ts';

/** A member's settings, checked by its own kind's schema. */
export type MemberConfig = { readonly kind: string };
export type SeveralConfig = {
  readonly kind: 'several';
  readonly targets: Readonly<Record<string, MemberConfig>>;
};

const nameSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$/, 'a short name of lower case letters, digits and -');

/** All members get the same image from the same place, so what decides that must be the same for all. */
export function severalConfigSchema(kinds: readonly Target[]): z.ZodType<SeveralConfig> {
  const memberOf = (config: MemberConfig) => kinds.find(({ kind }) => kind === config.kind);
  const asked: readonly (readonly [what: string, (target: Target, config: MemberConfig) => unknown])[] = [
    ['where the image is looked for', (target, config): ImageRules => rulesOf(target, config)],
    ['the repository', (target, config) => target.repository?.(config)],
    ['the engine', (target, config) => target.engine?.(config)],
  ];
  // Each kind's schema says its `kind` as a literal (the contract suite checks it); their types differ.
  const options = kinds.map(({ config }) => config) as unknown as readonly [
    z.core.$ZodTypeDiscriminable,
    ...z.core.$ZodTypeDiscriminable[],
  ];
  const schema = z
    .strictObject({
      kind: z.literal('several'),
      targets: z
        .record(nameSchema, z.discriminatedUnion('kind', options))
        .describe('By name, such as eu and us, in the order in which they are deployed to.'),
    })
    .superRefine(({ targets }, context) => {
      const members = Object.entries(targets as Record<string, MemberConfig>);
      const [first] = members;
      const issue = (message: string, path: string[] = ['targets']) =>
        context.addIssue({ code: 'custom', message, path, input: targets });
      if (first === undefined) return issue('at least one target');
      for (const [name, config] of members) {
        for (const [what, ask] of asked) {
          const [one, other] = [first[1], config].map((each) => {
            const target = memberOf(each);
            return target === undefined ? undefined : JSON.stringify(ask(target, each));
          });
          if (one !== other) issue(`${what} must be the same as that of ${first[0]}`, ['targets', name]);
        }
      }
    });
  // Zod cannot tell from the list of schemas what they give.
  return schema as unknown as z.ZodType<SeveralConfig>;
}

export function rulesOf(target: Target, config: MemberConfig): ImageRules {
  const { needsImage, compares } = target.imageRules?.(config) ?? target;
  return { needsImage, compares };
}
