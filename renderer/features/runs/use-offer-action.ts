import { useActions } from '../../stores/actions.tsx';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useNotices } from '../../stores/stores.tsx';
import { useClient } from '../../transport/client-context.tsx';
import { toTrouble } from '../../transport/trouble.ts';
import type { Offer } from './run-offers.ts';

/** Does what an offer says. */
export function useOfferAction(): (offer: Offer) => void {
  const router = useRouter();
  const { build } = useActions();
  const client = useClient();
  const showTrouble = useNotices((state) => state.showTrouble);
  return ({ does }) => {
    switch (does.kind) {
      case 'dialog':
        return router.openDialog(does.dialog);
      case 'view':
        return router.go({ view: does.view, query: does.query });
      case 'build':
        return void build();
      // What becomes of it comes with the run's events.
      case 'give-up':
        return void client.runs
          .giveUp({ runId: does.runId })
          .catch((error: unknown) => showTrouble(toTrouble(error)));
    }
  };
}
