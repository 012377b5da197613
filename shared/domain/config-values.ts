import * as z from 'zod';

// What several parts of gantry.yml are written in.

/** Repository part of an image name: lower case, no tag. */
export const imageNameSchema = z
  .string()
  .regex(
    /^[a-z0-9]+([._-]+[a-z0-9]+)*(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/,
    'lower case letters, digits, ., _, - and /, without a tag',
  );

export const envKeySchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable name: letters, digits and _, not starting with a digit');

export const relativePathSchema = z
  .string()
  .min(1)
  .refine((path) => !path.startsWith('/') && !path.split(/[\\/]/).includes('..'), {
    message: 'a path inside the workspace, relative to gantry.yml',
  });
