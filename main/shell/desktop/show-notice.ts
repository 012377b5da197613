import type { Notification as ElectronNotification } from 'electron';
import type { RunNotice } from '#shared/domain/run-notice.ts';
import type { ElectronModule } from './electron-module.ts';

/** Shows the system's own notifications. A click calls `onClick`. */
export function createNotifier({
  Notification,
}: Pick<ElectronModule, 'Notification'>): (notice: RunNotice, onClick: () => void) => void {
  // Electron forgets the click of a notification that nothing refers to any more.
  const shown = new Set<ElectronNotification>();
  return (notice, onClick) => {
    if (!Notification.isSupported()) return;
    const notification = new Notification({
      title: notice.title,
      body: notice.body,
      urgency: notice.needsSomeone ? 'critical' : 'normal',
    });
    shown.add(notification);
    notification.on('click', () => {
      shown.delete(notification);
      onClick();
    });
    notification.on('close', () => shown.delete(notification));
    notification.show();
  };
}
