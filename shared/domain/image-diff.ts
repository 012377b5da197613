import * as z from 'zod';
import type { ImageConfig, ImageFacts } from './image.ts';

export const imageDiffSchema = z.object({
  same: z.boolean(),
  leftId: z.string().optional(),
  rightId: z.string().optional(),
  leftSize: z.number().optional(),
  rightSize: z.number().optional(),
  layersShared: z.number(),
  layersNew: z.number(),
  layersGone: z.number(),
  config: z.array(
    z.object({ path: z.string(), before: z.string().optional(), after: z.string().optional() }),
  ),
});
export type ImageDiff = z.infer<typeof imageDiffSchema>;

/** Labels that differ in every build say nothing about the image's behaviour. */
const buildLabels = /^(org\.opencontainers\.image\.(created|revision|version)|dev\.gantry\.)/;

/** `left` is absent on a first deploy. */
export function diffImages(left: ImageFacts | undefined, right: ImageFacts): ImageDiff {
  const before = new Set(left?.layers ?? []);
  const after = new Set(right.layers);
  const shared = right.layers.filter((layer) => before.has(layer)).length;
  return {
    same: left?.identity.imageId === right.identity.imageId,
    ...(left === undefined ? {} : { leftId: left.identity.imageId, leftSize: left.size }),
    rightId: right.identity.imageId,
    rightSize: right.size,
    layersShared: shared,
    layersNew: right.layers.length - shared,
    layersGone: [...before].filter((layer) => !after.has(layer)).length,
    config: left === undefined ? [] : diffConfig(left.config, right.config),
  };
}

export function diffConfig(left: ImageConfig, right: ImageConfig): ImageDiff['config'] {
  const before = flatten(left);
  const after = flatten(right);
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths
    .filter((path) => before.get(path) !== after.get(path))
    .map((path) => {
      const from = before.get(path);
      const to = after.get(path);
      return {
        path,
        ...(from === undefined ? {} : { before: from }),
        ...(to === undefined ? {} : { after: to }),
      };
    });
}

function flatten(config: ImageConfig): Map<string, string> {
  const facts = new Map<string, string>();
  const put = (path: string, value: string) => {
    if (value !== '') facts.set(path, value);
  };
  put('entrypoint', config.entrypoint.join(' '));
  put('command', config.command.join(' '));
  put('user', config.user);
  put('workingDir', config.workingDir);
  put('ports', [...config.ports].sort().join(', '));
  put('envKeys', [...config.envKeys].sort().join(', '));
  for (const [label, value] of Object.entries(config.labels)) {
    if (!buildLabels.test(label)) put(`labels.${label}`, value);
  }
  return facts;
}
