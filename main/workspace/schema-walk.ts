/** The parts of a JSON Schema that matter here. */
export type JsonSchema = {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly description?: string;
  readonly required?: readonly string[];
  readonly [other: string]: unknown;
};

/** The schema of the value at a path, as far as properties and items lead. */
export function schemaAt(schema: JsonSchema, path: readonly PropertyKey[]): JsonSchema | undefined {
  let current: JsonSchema | undefined = schema;
  for (const part of path) {
    if (current === undefined) return undefined;
    const rest: JsonSchema | boolean | undefined = current.additionalProperties;
    current =
      typeof part === 'number'
        ? current.items
        : (current.properties?.[String(part)] ?? (typeof rest === 'object' ? rest : undefined));
  }
  return current;
}

export function keysOf(schema: JsonSchema | undefined): string[] {
  return Object.keys(schema?.properties ?? {});
}
