import * as z from 'zod';

/** What a tag template may name, in the order in which help lists them. */
export const tagTemplateFields = ['version', 'commit', 'branch', 'release', 'environment', 'date'] as const;

/** What the template of a release's version may name. */
export const versionTemplateFields = [
  'tag',
  'commits',
  'package',
  'commit',
  'branch',
  'date',
  'time',
] as const;

export const templateSchema = (fields: readonly string[]) =>
  z
    .string()
    .min(1)
    .refine(
      (template) =>
        [...template.matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)].every(([, field]) =>
          fields.some((known) => known === field),
        ),
      { message: `only {{${fields.join('}}, {{')}}} as fields` },
    );

const tagTemplateSchema = templateSchema(tagTemplateFields).describe(
  'Fields: {{version}}, {{commit}}, {{branch}}, {{release}}, {{environment}}, {{date}}.',
);

export const tagsConfigSchema = z
  .strictObject({
    release: z
      .array(tagTemplateSchema)
      .default(['{{version}}', '{{commit}}'])
      .describe('Names a release gets when it is built, beside its own, which never moves.'),
    immutable: z
      .array(tagTemplateSchema)
      .default([])
      .describe('Names that a deploy gives in the environment’s repository and that refuse to move.'),
    moving: z
      .array(tagTemplateSchema)
      .default(['{{environment}}'])
      .describe('Names that a deploy moves there, such as latest; where they pointed before is recorded.'),
  })
  .describe('Further names of images.');
