/**
 * `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}` and `$$` as Compose resolves them, for the two places
 * where Gantry must know the outcome before Compose does: image names and env file paths. Anything richer stays as it is.
 */
export function interpolate(text: string, env: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?])([^${}]*))?\})/g,
    (whole, dollar: string | undefined, bare?: string, name?: string, operator?: string, word?: string) => {
      if (dollar !== undefined) return '$';
      const key = bare ?? name;
      if (key === undefined) return whole;
      const value = env.get(key);
      const isUnset = value === undefined || (value === '' && operator?.startsWith(':') === true);
      if (!isUnset) return value;
      // A `?` refuses when unset: Compose will say so itself.
      return operator?.endsWith('-') === true ? (word ?? '') : '';
    },
  );
}
