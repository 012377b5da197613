/** `localStorage` or `sessionStorage`, or something in memory where a browser refuses both. */
export type KeyValueStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
