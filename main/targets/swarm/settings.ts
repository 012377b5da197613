import type { SwarmPort, SwarmServiceSettings } from '#main/core/ports/swarm.ts';
import { spanText } from '#shared/domain/duration.ts';

/** As people read them, by the path they have in gantry.yml; only those that are said. */
export function flatSettings(settings: SwarmServiceSettings): Readonly<Record<string, string>> {
  const { replicas, networks, endpointMode, ports, constraints, update } = settings;
  const said: readonly (readonly [string, string | undefined])[] = [
    ['replicas', replicas === undefined ? undefined : String(replicas)],
    ['ports', ports && (ports.map(portText).join(', ') || 'none')],
    ['networks', networks && (networks.join(', ') || 'none')],
    ['endpointMode', endpointMode],
    ['constraints', constraints && (constraints.join(', ') || 'none')],
    ['update.parallelism', update && (update.parallelism === 0 ? 'all' : String(update.parallelism))],
    ['update.delay', update && (update.delayMs === 0 ? 'none' : spanText(update.delayMs))],
    ['update.order', update?.order],
    ['update.monitor', update && spanText(update.monitorMs)],
    ['update.failureAction', update?.failureAction],
  ];
  return Object.fromEntries(said.flatMap(([path, text]) => (text === undefined ? [] : [[path, text]])));
}

function portText({ published, target, protocol, mode }: SwarmPort): string {
  return `${published ?? 'any'}:${target}/${protocol}${mode === 'host' ? ' on the host' : ''}`;
}

/** Whether everything that is wished for is so. */
export function hasSettings(has: SwarmServiceSettings, wished: SwarmServiceSettings): boolean {
  const is = flatSettings(has);
  return Object.entries(flatSettings(wished)).every(([path, text]) => is[path] === text);
}
