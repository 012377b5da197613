import type { ReactNode } from 'react';
import { useState } from 'react';
import { Button, SplitButton } from '../ui/button.tsx';
import { CommandPalette } from '../ui/command-palette.tsx';
import { useHotkeys } from '../ui/hotkeys.ts';
import { BackIcon, BuildIcon, ClockIcon } from '../ui/icons.tsx';
import { CaretMenu, Menu } from '../ui/menu.tsx';
import { StatusWord } from '../ui/status-word.tsx';
import {
  GitState,
  PaletteButton,
  StatusBar,
  StatusItem,
  TitleBar,
  WindowFrame,
  WorkspaceButton,
} from '../ui/window-frame.tsx';

/** The window with sample facts. */
export function Frame({ current, children }: { readonly current: string; readonly children: ReactNode }) {
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState('');
  useHotkeys({ 'mod+k': () => setOpen(true) });
  return (
    <WindowFrame
      titleBar={
        <TitleBar
          left={
            <>
              <Menu
                label="Workspaces"
                trigger={<WorkspaceButton name="chatbot" />}
                items={[
                  { kind: 'choice', id: 'chatbot', label: 'chatbot', chosen: true, onSelect: () => {} },
                  { kind: 'choice', id: 'parley', label: 'parley', chosen: false, onSelect: () => {} },
                  { kind: 'separator', id: 's' },
                  { kind: 'action', id: 'open', label: 'Open folder…', keys: 'mod+o', onSelect: () => {} },
                ]}
              />
              <GitState
                branch="main"
                sha="3f2c1a9"
                uncommitted={2}
                title="~/code/chatbot on main at 3f2c1a9"
              />
            </>
          }
          tabs={[
            { id: 'board', label: 'Board', href: '#board' },
            { id: 'runs', label: 'Runs', href: '#runs' },
            { id: 'history', label: 'History', href: '#history' },
            { id: 'env', label: 'Env keys', href: '#env', lesser: true },
            { id: 'metrics', label: 'Metrics', href: '#metrics', lesser: true },
          ]}
          current={current}
          onTab={() => {}}
          right={
            <>
              <PaletteButton onClick={() => setOpen(true)} />
              <SplitButton label="Build">
                <Button icon={BuildIcon}>Build</Button>
                <CaretMenu
                  label="Build options"
                  items={[
                    { kind: 'action', id: 'deploy', label: 'Build and deploy…', onSelect: () => {} },
                    { kind: 'action', id: 'clean', label: 'Build without cache', onSelect: () => {} },
                    {
                      kind: 'action',
                      id: 'tests',
                      label: 'Run tests only',
                      reason: 'no tests configured',
                      onSelect: () => {},
                    },
                  ]}
                />
              </SplitButton>
            </>
          }
        />
      }
      statusBar={
        <StatusBar
          left={
            <>
              <StatusItem detail="28.3.2, desktop-linux">
                <StatusWord state="healthy" size={12}>
                  Docker running
                </StatusWord>
              </StatusItem>
              <StatusItem detail="staging leased to run 218">
                <StatusWord state="running" size={12}>
                  1 run
                </StatusWord>
              </StatusItem>
            </>
          }
          right={
            <>
              <StatusItem wideOnly>Ledger 18.4 MB</StatusItem>
              <StatusItem>Observed 12 s ago</StatusItem>
              <StatusItem wideOnly>Gantry 0.4.0</StatusItem>
            </>
          }
        />
      }
    >
      {children}
      <CommandPalette
        open={open}
        onClose={() => setOpen(false)}
        query={query}
        onQuery={setQuery}
        groups={samplePalette}
      />
    </WindowFrame>
  );
}

export const samplePalette = [
  {
    heading: 'Commands',
    items: [
      {
        id: 'rb-dev',
        label: 'Roll back dev…',
        icon: BackIcon,
        detail: 'to r-77ab10, 1.4.1',
        onSelect: () => {},
      },
      {
        id: 'rb-staging',
        label: 'Roll back staging…',
        icon: BackIcon,
        reason: 'leased to run 218',
        onSelect: () => {},
      },
      {
        id: 'rb-prod',
        label: 'Roll back prod…',
        icon: BackIcon,
        detail: 'to r-3e88d1, 1.3.9',
        onSelect: () => {},
      },
      { id: 'build', label: 'Build', icon: BuildIcon, keys: 'mod+b', onSelect: () => {} },
    ],
  },
  {
    heading: 'Runs',
    items: [
      {
        id: 'run-211',
        label: '211 Roll back staging',
        icon: ClockIcon,
        detail: 'succeeded, yesterday',
        onSelect: () => {},
      },
    ],
  },
];
