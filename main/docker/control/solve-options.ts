import { basename, resolve } from 'node:path';
import type { BuildImage, BuildSpec } from '#main/core/ports.ts';
import { readCacheSource, readCacheTarget } from './cache-options.ts';
import type { SolveRequest, Typed } from './solve-messages.ts';

export type SolveFacts = {
  readonly ref: string;
  readonly sessionId: string;
  /** By the name in the Dockerfile: under which name the session serves the folder. */
  readonly folderNames: ReadonlyMap<string, string>;
  readonly caches: { readonly imports: readonly Typed[]; readonly exports: readonly Typed[] };
  /** With `host-gateway` replaced by the engine's address. */
  readonly extraHosts: Readonly<Record<string, string>>;
};

type Attributes = Record<string, string>;

export function solveRequest(request: BuildSpec, image: BuildImage, facts: SolveFacts): SolveRequest {
  const { network } = request;
  return {
    ref: facts.ref,
    session: facts.sessionId,
    frontend: 'dockerfile.v0',
    frontendAttributes: {
      filename: basename(request.dockerfile),
      ...(request.target === undefined ? {} : { target: request.target }),
      // As the docker CLI has it with an engine's own builder.
      'image-resolve-mode': request.pull === 'always' ? 'pull' : 'local',
      ...(request.noCache ? { 'no-cache': '' } : {}),
      ...(request.platforms.length === 0 ? {} : { platform: request.platforms.join(',') }),
      ...(network === 'default' ? {} : { 'force-network-mode': network }),
      ...prefixed('label:', request.labels),
      ...prefixed('build-arg:', argsOf(request, image)),
      ...hostAttributes(facts.extraHosts),
      ...contextAttributes(request, facts),
      ...attestationAttributes(request),
      ...cacheAttributes(facts.caches.imports),
    },
    exporter: { type: 'moby', attributes: { name: image.tag } },
    cacheExports: facts.caches.exports,
    cacheImports: facts.caches.imports,
    entitlements: network === 'host' ? ['network.host'] : [],
  };
}

function prefixed(prefix: string, map: Readonly<Record<string, string>>): Attributes {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [`${prefix}${key}`, value]));
}

/** The request's own argument goes before what we would say ourselves. */
function argsOf({ sourceDateEpoch }: BuildSpec, { args }: BuildImage): Readonly<Record<string, string>> {
  return sourceDateEpoch === undefined ? args : { SOURCE_DATE_EPOCH: String(sourceDateEpoch), ...args };
}

function hostAttributes(hosts: Readonly<Record<string, string>>): Attributes {
  const pairs = Object.entries(hosts).map(
    ([host, address]) => `${host}=${address.replace(/^\[(.*)\]$/, '$1')}`,
  );
  return pairs.length === 0 ? {} : { 'add-hosts': pairs.join(',') };
}

function contextAttributes({ contexts }: BuildSpec, { folderNames }: SolveFacts): Attributes {
  const named = Object.entries(contexts).map(([name, place]) => {
    const folder = folderNames.get(name);
    return [`context:${name}`, folder === undefined ? place : `local:${folder}`] as const;
  });
  if (named.length === 0) return {};
  // Older frontends are told to say so when they do not know named contexts.
  return { 'frontend.caps': 'moby.buildkit.frontend.contexts+forward', ...Object.fromEntries(named) };
}

function attestationAttributes({ provenance, sbom }: BuildSpec): Attributes {
  return {
    ...(provenance === 'off' ? {} : { 'attest:provenance': `mode=${provenance}` }),
    ...(sbom === false
      ? {}
      : { 'attest:sbom': sbom.generator === undefined ? '' : `generator=${sbom.generator}` }),
  };
}

/** The frontend reads them in JSON with the names of Go's fields. */
function cacheAttributes(imports: readonly Typed[]): Attributes {
  if (imports.length === 0) return {};
  const entries = imports.map(({ type, attributes }) => ({ Type: type, Attrs: attributes }));
  return { 'cache-imports': JSON.stringify(entries) };
}

/** The caches of a request, with folders as absolute paths. Throws `config-invalid`. */
export function cachesOf({ cacheFrom, cacheTo, contextFolder }: BuildSpec) {
  const inContext = (key: string, { type, attributes }: Typed): Typed => {
    const path = attributes[key];
    if (type !== 'local' || path === undefined) return { type, attributes };
    return { type, attributes: { ...attributes, [key]: resolve(contextFolder, path) } };
  };
  return {
    imports: cacheFrom.map((text) => inContext('src', readCacheSource(text))),
    exports: cacheTo.map((text) => inContext('dest', readCacheTarget(text))),
  };
}

/** Whether a named context is a folder here, and not something that the engine fetches. */
export function isFolder(place: string): boolean {
  return !/^([a-z][a-z0-9+.-]+:\/\/|git@)/i.test(place);
}
