import { writeFileSync } from 'node:fs';
import { gantrySchema, schemaPath } from './gantry-schema.ts';

writeFileSync(schemaPath, `${JSON.stringify(gantrySchema(), null, 2)}\n`);
