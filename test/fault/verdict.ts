import type { CampaignResult } from './campaign/campaign.ts';

export type Verdict = { readonly text: string; readonly isGood: boolean };

export function campaignVerdict(
  {
    kills,
    events,
    unstruck,
    violations,
  }: Pick<CampaignResult, 'kills' | 'events' | 'unstruck' | 'violations'>,
  wanted: number,
): Verdict {
  const isEnough = kills >= wanted;
  const struck = `at ${events - unstruck.length} of ${events} events`;
  return {
    text: `${kills} kills${isEnough ? '' : ` of ${wanted}`}, ${struck}, ${violations.length} wrong`,
    isGood: isEnough && unstruck.length === 0 && violations.length === 0,
  };
}

/** How a program ended, and what it wrote, of which a campaign's verdict is the last line. */
export type Ended = { readonly code: number; readonly output: string };

export const verdictPrefix = 'fault: ';

/** Over the tests and the campaign; one that broke off has no verdict of its own. */
export function wholeVerdict(tests: Ended, campaign: Ended): Verdict {
  const last = campaign.output.trimEnd().split('\n').at(-1) ?? '';
  const isGood = tests.code === 0 && campaign.code === 0;
  const parts = [
    tests.code === 0 ? 'the tests passed' : 'the tests FAILED',
    `the campaign ${campaign.code === 0 ? 'passed' : 'FAILED'}`,
  ];
  const said = last.startsWith(verdictPrefix) ? last.slice(verdictPrefix.length) : 'it broke off';
  return { text: `${parts.join(', ')}: ${said}`, isGood };
}
