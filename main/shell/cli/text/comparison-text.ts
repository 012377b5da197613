import type { Comparison } from '#shared/domain/board.ts';
import type { Style } from '../terminal.ts';
import { commitSection, envSection, imageSection, sectionText, settingSection } from './diff-text.ts';
import { plain } from './format.ts';
import { releaseText } from './plan-text.ts';

export function comparisonText(comparison: Comparison, style: Style): string {
  const { left, right, commits, env, image, target } = comparison;
  return [
    `${style.bold(sideText(left))} → ${style.bold(sideText(right))}`,
    ...sectionText(commitSection(commits, style), style, 'commits'),
    ...(image === undefined ? [] : sectionText(imageSection(image, style), style, 'image')),
    ...(env === undefined ? [] : sectionText(envSection(env, style), style, 'keys')),
    ...(target === undefined ? [] : sectionText(settingSection(target, style), style, 'settings')),
    '',
  ].join('\n');
}

function sideText({ name, release }: Comparison['left']): string {
  if (release === undefined) return `${plain(name)} (nothing)`;
  return release.id === name ? releaseText(release) : `${plain(name)} (${releaseText(release)})`;
}
