import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { gantrySchema, schemaPath } from '#test/schema/gantry-schema.ts';

it('gantry.schema.json is up to date (npm run schema)', () => {
  expect(JSON.parse(readFileSync(schemaPath, 'utf8'))).toEqual(JSON.parse(JSON.stringify(gantrySchema())));
});

it('it knows every target’s settings and nothing else', () => {
  expect(gantrySchema()).toMatchObject({
    additionalProperties: false,
    required: ['environments'],
    properties: {
      environments: {
        additionalProperties: {
          additionalProperties: false,
          properties: {
            target: {
              default: { kind: 'compose' },
              anyOf: [
                { additionalProperties: false, properties: { kind: { const: 'compose' } }, required: ['kind'] },
                {
                  additionalProperties: false,
                  properties: { kind: { const: 'registry' } },
                  required: ['kind', 'repository'],
                },
                {
                  additionalProperties: false,
                  properties: { kind: { const: 'render' } },
                  required: ['kind', 'service', 'repository'],
                },
                {
                  additionalProperties: false,
                  properties: { kind: { const: 'cloud-run' } },
                  required: ['kind', 'project', 'region', 'service', 'repository'],
                },
                { additionalProperties: false, properties: { kind: { const: 'swarm' } }, required: ['kind'] },
                {
                  additionalProperties: false,
                  properties: { kind: { const: 'webhook' } },
                  required: ['kind', 'url'],
                },
                {
                  additionalProperties: false,
                  properties: { kind: { const: 'command' } },
                  required: ['kind', 'run'],
                },
                {
                  additionalProperties: false,
                  properties: { kind: { const: 'several' } },
                  required: ['kind', 'targets'],
                },
              ],
            },
          },
        },
      },
    },
  });
});
