import { GantryError } from '#shared/domain/errors.ts';
import type { Plan } from '#shared/domain/plan.ts';
import type { CommandContext } from './command-context.ts';

export type ConfirmOptions = { readonly yes?: boolean; readonly confirm?: string };

export type Confirmation =
  | { readonly kind: 'declined' }
  /** `text` is the environment's name where it was typed; the core compares it. */
  | { readonly kind: 'given'; readonly text?: string };

/** A person's yes to what this plan does: given beforehand, or asked for on a terminal. */
export async function confirmPlan(
  { terminal, json }: CommandContext,
  plan: Pick<Plan, 'confirm' | 'environment'>,
  { yes, confirm }: ConfirmOptions,
): Promise<Confirmation> {
  if (confirm !== undefined) return { kind: 'given', text: confirm };
  const isTyped = plan.confirm === 'typed';
  if (yes === true && !isTyped) return { kind: 'given' };
  if (!terminal.canAsk || json) throw confirmationRequired(plan);
  if (isTyped) {
    const typed = await terminal.ask(`Type ${terminal.errStyle.bold(plan.environment)} to go ahead: `);
    return typed === plan.environment ? { kind: 'given', text: typed } : { kind: 'declined' };
  }
  const answer = await terminal.ask('Go ahead? [y/N] ');
  return /^y(es)?$/i.test(answer ?? '') ? { kind: 'given' } : { kind: 'declined' };
}

/** A person's yes to removing what was shown: given beforehand, or asked for on a terminal. */
export async function confirmPrune({ terminal, json }: CommandContext, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!terminal.canAsk || json) {
    throw new GantryError(
      'confirmation-required',
      'Removing images wants a yes, and nobody can be asked for it here.',
      'Add --yes, or --preview to only look.',
    );
  }
  return /^y(es)?$/i.test((await terminal.ask('Remove them? [y/N] ')) ?? '');
}

export function confirmationRequired(plan: Pick<Plan, 'confirm' | 'environment'>): GantryError {
  return plan.confirm === 'typed'
    ? new GantryError(
        'confirmation-required',
        `Changing ${plan.environment} wants its name, and nobody can be asked for it here.`,
        `Add --confirm ${plan.environment}.`,
      )
    : new GantryError(
        'confirmation-required',
        `Changing ${plan.environment} wants a yes, and nobody can be asked for it here.`,
        'Add --yes.',
      );
}
