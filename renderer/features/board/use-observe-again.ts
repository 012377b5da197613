import { useStores } from '../../stores/stores.tsx';

/** Asks the targets again, now. */
export function useObserveAgain(): () => void {
  const { board } = useStores();
  return () => void board.getState().observe();
}
