/**
 * Globals that Node loads when they are first touched: undici, with all of fetch, for one of these, and the web streams for
 * the other. oRPC touches them to ask whether a body is an instance; here that loads nothing.
 */
function untouched(name) {
  return class {
    constructor(...args) {
      // biome-ignore lint/correctness/noConstructorReturn: what is constructed is the real one.
      return Reflect.construct(globalThis[name], args);
    }

    static [Symbol.hasInstance](value) {
      return Object.prototype.toString.call(value) === `[object ${name}]`;
    }
  };
}

export const FormData = /* @__PURE__ */ untouched('FormData');
export const ReadableStream = /* @__PURE__ */ untouched('ReadableStream');

/** All that is asked of it. The whole of node:perf_hooks, which takes 1.5 ms to load, counts from the same moment. */
export const performance = { now: () => process.uptime() * 1000 };
