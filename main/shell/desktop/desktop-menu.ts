import type { DesktopCommand, Theme } from '#shared/api/desktop-bridge.ts';
import { assertNever } from '#shared/domain/errors.ts';
import type { ElectronModule } from './electron-module.ts';
import { type MenuCommand, type MenuState, menuModel } from './menu-model.ts';
import { menuTemplate } from './menu-template.ts';

export type DesktopMenu = { update(state: Pick<MenuState, 'recent' | 'theme'>): void };

type MenuOptions = Pick<MenuState, 'platform' | 'isDev'> & {
  readonly dataFolder: string;
  readonly choose: () => Promise<string | null>;
  readonly show: (folder: string) => void;
  readonly applyTheme: (theme: Theme) => void;
  readonly send: (command: DesktopCommand) => void;
};

export function createDesktopMenu(
  { Menu, shell }: Pick<ElectronModule, 'Menu' | 'shell'>,
  options: MenuOptions,
): DesktopMenu {
  const perform = (command: MenuCommand): void => {
    switch (command.kind) {
      case 'choose-folder':
        void options.choose().then((folder) => folder !== null && options.show(folder));
        break;
      case 'open-workspace':
        options.show(command.folder);
        break;
      case 'set-theme':
        options.applyTheme(command.theme);
        options.send(command);
        break;
      case 'show-palette':
        options.send(command);
        break;
      case 'show-data-folder':
        void shell.openPath(options.dataFolder);
        break;
      default:
        assertNever(command);
    }
  };
  return {
    update: ({ recent, theme }) => {
      const { platform, isDev } = options;
      const model = menuModel({ platform, isDev, recent, theme });
      Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(model, perform)));
    },
  };
}
