import { createContext, use, useSyncExternalStore } from 'react';
import type { Route } from './route.ts';
import type { Router } from './router.ts';

const RouterContext = createContext<Router | undefined>(undefined);

export const RouterProvider = RouterContext;

export function useRouter(): Router {
  const router = use(RouterContext);
  if (router === undefined) throw new Error('useRouter outside of RouterProvider');
  return router;
}

export function useRoute(): Route {
  const router = useRouter();
  return useSyncExternalStore(router.subscribe, router.get);
}
