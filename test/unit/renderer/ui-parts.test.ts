import { afterEach, describe, expect, test, vi } from 'vitest';
import { createClock } from '#renderer/ui/clock.ts';
import { match } from '#renderer/ui/command-palette.tsx';
import { matchesChord } from '#renderer/ui/hotkeys.ts';
import { chordKeys } from '#renderer/ui/kbd.tsx';
import { atEnd, followAfter } from '#renderer/ui/log-follow.ts';
import { statusLooks } from '#renderer/ui/status-words.ts';
import { trackAt } from '#renderer/ui/step-track.tsx';
import { followTheme } from '#renderer/ui/theme.ts';
import type { TimelineStep } from '#renderer/ui/timeline-scale.ts';
import { foldSteps, inSections, tickSeconds, ticks } from '#renderer/ui/timeline-scale.ts';

describe('a log that follows its end', () => {
  const end = { top: 900, height: 1000, view: 100 };

  test('lets go when the person scrolls up', () => {
    expect(followAfter(true, end, { ...end, top: 700 })).toBe(false);
  });
  test('keeps following within one line of the end', () => {
    expect(atEnd({ ...end, top: 885 })).toBe(true);
    expect(followAfter(true, end, { ...end, top: 885 })).toBe(true);
  });
  test('takes hold again at the end', () => {
    expect(followAfter(false, { ...end, top: 400 }, end)).toBe(true);
  });
  test('does not let go because lines were added below', () => {
    expect(followAfter(true, end, { top: 900, height: 1400, view: 100 })).toBe(true);
  });
  test('does not take hold because a filter left only lines near the end', () => {
    expect(followAfter(false, { ...end, top: 400 }, { top: 200, height: 300, view: 100 })).toBe(false);
  });
  test('does not let go because the content or the window shrank', () => {
    expect(followAfter(true, end, { top: 500, height: 800, view: 100 })).toBe(true);
    expect(followAfter(true, end, { top: 500, height: 1000, view: 200 })).toBe(true);
  });
});

describe('timeline', () => {
  test.each([
    [38_200, 5],
    [900, 0.2],
    [8_000, 1],
    [600_000, 120],
    [10 * 3600_000, 7200],
  ])('%d ms have a mark every %d s', (total, step) => {
    expect(tickSeconds(total)).toBe(step);
    expect(ticks(total).length).toBeLessThanOrEqual(9);
  });
  test('marks are clean numbers', () => {
    expect(ticks(700)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
  });
  const step = (id: string, kind: TimelineStep['kind'], more: Partial<TimelineStep> = {}): TimelineStep => ({
    id,
    group: 'base',
    name: `RUN ${id}`,
    from: 0,
    to: 10,
    kind,
    ...more,
  });
  const folded = (...steps: readonly TimelineStep[]) =>
    foldSteps(steps).map((row) => row.members.map((member) => member.id).join());

  test('cached neighbours of one stage fold, everything else stays', () => {
    const rows = [
      step('a', 'cached'),
      step('b', 'cached', { to: 30 }),
      step('c', 'cached', { to: 20 }),
      step('d', 'cached', { group: 'deps' }),
      step('e', 'ran'),
      step('f', 'ran'),
      step('g', 'cached'),
    ];
    expect(folded(...rows)).toEqual(['a,b,c', 'd', 'e', 'f', 'g']);
    expect(foldSteps(rows)[0]).toMatchObject({ id: 'a', name: 'RUN a', to: 30 });
  });
  test('what has not begun folds whatever its stage', () => {
    expect(folded(step('a', 'waiting'), step('b', 'waiting', { group: 'deps' }))).toEqual(['a,b']);
    expect(folded(step('a', 'not-run'), step('b', 'not-run', { group: 'deps' }))).toEqual(['a,b']);
  });
  test('a step that asks for a look does not hide, and cells stay apart', () => {
    expect(
      folded(step('a', 'cached'), step('b', 'cached', { mark: '1 warning' }), step('c', 'cached')),
    ).toEqual(['a', 'b', 'c']);
    expect(folded(step('a', 'cached', { section: 'X=1' }), step('b', 'cached', { section: 'X=2' }))).toEqual([
      'a',
      'b',
    ]);
  });
  test('sections come in the order of their first step', () => {
    const sections = inSections([
      step('a', 'ran', { section: 'X=2' }),
      step('b', 'ran', { section: 'X=1' }),
      step('c', 'ran', { section: 'X=2' }),
    ]);
    expect(sections.map(({ name, steps }) => [name, steps.map((each) => each.id)])).toEqual([
      ['X=2', ['a', 'c']],
      ['X=1', ['b']],
    ]);
  });
});

describe('chords', () => {
  const press = (
    key: string,
    mods: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', boolean>> = {},
  ) => ({
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    ...mods,
  });
  test('mod is Ctrl, on a Mac the command key', () => {
    expect(matchesChord(press('k', { ctrlKey: true }), 'mod+k', false)).toBe(true);
    expect(matchesChord(press('k', { metaKey: true }), 'mod+k', true)).toBe(true);
    expect(matchesChord(press('k', { metaKey: true }), 'mod+k', false)).toBe(false);
  });
  test('a plain letter is not the letter with a modifier', () => {
    expect(matchesChord(press('b'), 'b', false)).toBe(true);
    expect(matchesChord(press('b', { ctrlKey: true }), 'b', false)).toBe(false);
    expect(matchesChord(press('B', { shiftKey: true }), 'b', false)).toBe(false);
  });
  test('a sign that needs Shift on some layouts still matches', () => {
    expect(matchesChord(press('/', { shiftKey: true }), '/', false)).toBe(true);
  });
  test('are written as the platform writes them', () => {
    expect(chordKeys('mod+k', false)).toEqual(['Ctrl', 'K']);
    expect(chordKeys('mod+k', true)).toEqual(['\u2318', 'K']);
  });
});

test('the palette finds by the beginnings of words and prefers the earlier word', () => {
  const label = (text: string) => match('', 'roll prod', [text]);
  expect(label('Roll back prod…')).toBeGreaterThan(0);
  expect(label('Roll back staging…')).toBe(0);
  expect(match('', 'oll', ['Roll back'])).toBe(0);
  expect(match('', 'dev', ['dev settings'])).toBeGreaterThan(match('', 'dev', ['Open dev']));
});

test('step 3 of 5', () => {
  expect(trackAt(3, 5)).toEqual(['done', 'done', 'now', 'todo', 'todo']);
});

test('failed and errored differ without colour, and so do all words of one kind', () => {
  expect(statusLooks.failed.icon).not.toBe(statusLooks.errored.icon);
  const words = Object.values(statusLooks).map((look) => look.word);
  expect(new Set(words).size).toBe(words.length);
});

describe('theme', () => {
  const setUp = (stored: string | null, dark: boolean) => {
    const listeners = new Set<() => void>();
    const media = {
      matches: dark,
      addEventListener: (_: string, listener: () => void) => listeners.add(listener),
      removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
    };
    const kept = new Map<string, string>(stored === null ? [] : [['gantry.theme', stored]]);
    const root = { dataset: {} as Record<string, string> };
    const theme = followTheme(
      // Only these members are used; a DOM would prove no more.
      root as unknown as HTMLElement,
      media as unknown as MediaQueryList,
      { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) },
    );
    const systemTurns = (next: boolean): void => {
      media.matches = next;
      for (const listener of listeners) listener();
    };
    return { theme, root, kept, listeners, systemTurns };
  };

  test('follows the system, also when it changes', () => {
    const { root, systemTurns } = setUp(null, true);
    expect(root.dataset.theme).toBe('dark');
    systemTurns(false);
    expect(root.dataset.theme).toBe('light');
  });
  test('a choice holds against the system and is remembered', () => {
    const { theme, root, kept, systemTurns } = setUp(null, false);
    theme.choose('dark');
    systemTurns(false);
    expect(root.dataset.theme).toBe('dark');
    expect(kept.get('gantry.theme')).toBe('dark');
  });
  test('a stored word nobody knows means the system', () => {
    expect(setUp('sepia', true).theme.choice()).toBe('system');
  });
  test('dispose stops listening', () => {
    const { theme, listeners } = setUp(null, false);
    theme.dispose();
    expect(listeners.size).toBe(0);
  });
});

describe('the one clock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });
  test('ticks all listeners together and stops with the last of them', () => {
    vi.useFakeTimers();
    let at = 1000;
    const clock = createClock(() => at);
    const seen: string[] = [];
    const stopA = clock.subscribe(() => seen.push(`a${clock.now()}`));
    const stopB = clock.subscribe(() => seen.push(`b${clock.now()}`));
    at = 2000;
    expect(clock.now()).toBe(1000);
    vi.advanceTimersByTime(1000);
    expect(seen).toEqual(['a2000', 'b2000']);
    stopA();
    stopB();
    expect(vi.getTimerCount()).toBe(0);
    at = 9000;
    expect(clock.now()).toBe(9000);
  });
});
