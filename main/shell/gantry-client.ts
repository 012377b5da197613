import type { ContractRouterClient } from '@orpc/contract';
import type { Contract } from '#shared/api/contract.ts';

/** The contract as its callers see it, whichever transport lies between. */
export type GantryClient = ContractRouterClient<Contract>;
