import * as z from 'zod';

/** As the docker command takes them too. A password in one would stand in every log. */
const hostPattern =
  /^(?![a-z]+:\/\/[^/]*:[^/]*@)(?:(?:unix|npipe|tcp):\/\/[^\s-]\S*|ssh:\/\/[\w[][\w.:@+~/[\]-]*)$/;

/** Which engine an environment is on, as gantry.yml names it. Without one it is the engine that Gantry uses. */
export const enginePlaceSchema = z
  .union([
    z
      .strictObject({
        context: z.string().min(1).describe('A docker context, as `docker context ls` lists them.'),
      })
      .describe('An engine by the name of its docker context.'),
    z
      .strictObject({
        host: z
          .string()
          .regex(hostPattern, 'an address such as ssh://deploy@shop.example.com or tcp://10.0.0.5:2376')
          .describe(
            'Address of the engine, as DOCKER_HOST has it: ssh://user@host, tcp://host:2376, unix:///path.',
          ),
        tls: z
          .strictObject({
            folder: z
              .string()
              .min(1)
              .describe(
                'Folder with ca.pem, cert.pem and key.pem: absolute, below ~/, or relative to gantry.yml.',
              ),
            verify: z.boolean().default(true).describe('Whether the engine must prove by ca.pem who it is.'),
          })
          .optional()
          .describe('Needed for an engine behind tcp that asks for certificates.'),
      })
      .describe('An engine by its address.'),
  ])
  .describe(
    'The engine that the environment is on: `{ context: prod }`, or `{ host: "ssh://user@host" }`. Default: the engine that Gantry uses.',
  );
export type EnginePlace = z.output<typeof enginePlaceSchema>;

/** For people: `context prod`, `ssh://deploy@shop.example.com`. */
export function enginePlaceName(place: EnginePlace): string {
  return 'context' in place ? `context ${place.context}` : place.host;
}
