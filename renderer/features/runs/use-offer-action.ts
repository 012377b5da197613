import { useActions } from '../../stores/actions.tsx';
import { useRouter } from '../../stores/routes/use-route.tsx';
import type { Offer } from './run-offers.ts';

/** Does what an offer says. */
export function useOfferAction(): (offer: Offer) => void {
  const router = useRouter();
  const { build } = useActions();
  return ({ does }) => {
    switch (does.kind) {
      case 'dialog':
        return router.openDialog(does.dialog);
      case 'view':
        return router.go({ view: does.view, query: does.query });
      case 'build':
        return void build();
    }
  };
}
