/** A port with only these members: asking for any other throws, so a test says what its subject may use. */
export function only<Port extends object>(members: Partial<Port>): Port {
  const proxy = new Proxy(members, {
    get(target, name, receiver): unknown {
      if (name in target || typeof name === 'symbol') return Reflect.get(target, name, receiver);
      throw new Error(`${name} is not to be used here`);
    },
  });
  // What the type promises beyond the given members, the proxy refuses.
  return proxy as Port;
}
