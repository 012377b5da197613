import { bytes, count, grouped, signedBytes } from './format.ts';

/** "73.3 MB"; exact bytes on hover. `signed` for a difference: "+0.7 MB". */
export function Bytes(props: {
  readonly value: number;
  readonly signed?: boolean | undefined;
  readonly className?: string | undefined;
}) {
  return (
    <span title={`${grouped(props.value)} bytes`} className={`whitespace-nowrap ${props.className ?? ''}`}>
      {props.signed ? signedBytes(props.value) : bytes(props.value)}
    </span>
  );
}

/** "1 key", "24 keys", "no keys". */
export function Count(props: {
  readonly n: number;
  readonly one: string;
  readonly many?: string | undefined;
}) {
  return <span className="whitespace-nowrap">{count(props.n, props.one, props.many)}</span>;
}

/** Nothing is said with a word, never with a bare dash. */
export function None({ children = 'none' }: { readonly children?: string }) {
  return <span className="text-ink-3">{children}</span>;
}
