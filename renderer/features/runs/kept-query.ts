import { useEffect, useRef } from 'react';
import { useRoute, useRouter } from '../../stores/routes/use-route.tsx';
import { useDraft } from '../../stores/stores.tsx';

/**
 * What a view keeps in the address (filters, a search, a selection), brought back when somebody returns to the view by
 * a link that does not carry it. An address that carries any of it wins.
 */
export function useKeptQuery(
  key: string,
  names: readonly string[],
): readonly [Readonly<Record<string, string>>, (changes: Readonly<Record<string, string>>) => void] {
  const router = useRouter();
  const { query } = useRoute();
  const [kept, keep] = useDraft(`query:${key}`);
  const own = Object.fromEntries(
    names.flatMap((name) => {
      const value = query[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
  const isRestored = useRef(false);
  const text = new URLSearchParams(own).toString();
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what the address says is kept
  useEffect(() => {
    if (!isRestored.current) {
      isRestored.current = true;
      if (text === '' && kept !== '') {
        router.setQuery(Object.fromEntries(new URLSearchParams(kept)));
        return;
      }
    }
    if (text !== kept) keep(text);
  }, [text]);
  return [own, router.setQuery];
}
