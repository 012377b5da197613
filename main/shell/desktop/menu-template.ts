import type { MenuItemConstructorOptions } from 'electron';
import { assertNever } from '#shared/domain/errors.ts';
import type { MenuCommand, MenuEntry } from './menu-model.ts';

/** The menu model in Electron's words. */
export function menuTemplate(
  entries: readonly MenuEntry[],
  perform: (command: MenuCommand) => void,
): MenuItemConstructorOptions[] {
  return entries.map((entry) => itemOf(entry, perform));
}

function itemOf(entry: MenuEntry, perform: (command: MenuCommand) => void): MenuItemConstructorOptions {
  switch (entry.kind) {
    case 'separator':
      return { type: 'separator' };
    case 'role':
      return { role: entry.role };
    case 'menu':
      return { label: entry.label, submenu: menuTemplate(entry.entries, perform) };
    case 'command':
      return {
        label: entry.label,
        click: () => perform(entry.command),
        ...(entry.accelerator === undefined ? {} : { accelerator: entry.accelerator }),
        ...(entry.isShownOnly === true ? { registerAccelerator: false } : {}),
      };
    case 'choice':
      return {
        label: entry.label,
        type: 'radio',
        checked: entry.isChosen,
        click: () => perform(entry.command),
      };
    case 'nothing':
      return { label: entry.label, enabled: false };
    default:
      return assertNever(entry);
  }
}
