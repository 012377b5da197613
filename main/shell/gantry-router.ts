import type { Router } from '@orpc/server';
import type { Contract } from '#shared/api/contract.ts';

/** The contract as a shell serves it: implemented, and in need of no context. */
// biome-ignore lint/complexity/noBannedTypes: oRPC's own spelling of "no initial context".
export type GantryRouter = Router<Contract, {}>;
