import type { NewNotice } from '../stores/notices-store.ts';
import { useNotices, useStores } from '../stores/stores.tsx';
import { BellIcon } from '../ui/icons.tsx';
import type { ToastItem } from '../ui/toast.tsx';
import { ToastRegion } from '../ui/toast.tsx';
import { TextLink, Value } from '../ui/value.tsx';

const marks: Record<NewNotice['tone'], ToastItem['mark']> = {
  ok: { state: 'succeeded' },
  note: { state: 'note' },
  bad: { state: 'closed' },
  question: { icon: BellIcon },
};

export function Toasts() {
  const notices = useNotices((state) => state.notices);
  const { notices: store } = useStores();
  return (
    <ToastRegion
      toasts={notices.map(({ id, tone, title, text, link, action, sticky, lastsMs, onClose }) => ({
        id: String(id),
        mark: marks[tone],
        title,
        detail: text,
        sticky,
        durationMs: lastsMs,
        onClose,
        action:
          link !== undefined ? (
            <TextLink href={link.href} onClick={() => store.getState().dismiss(id)}>
              {link.label}
            </TextLink>
          ) : (
            action !== undefined && (
              <Value
                onClick={() => {
                  action.run();
                  store.getState().dismiss(id);
                }}
              >
                {action.label}
              </Value>
            )
          ),
      }))}
      onDismiss={(id) => store.getState().dismiss(Number(id))}
    />
  );
}
