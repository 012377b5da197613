import { useNotices, useStores } from '../stores/stores.tsx';
import type { Status } from '../ui/status-words.ts';
import { ToastRegion } from '../ui/toast.tsx';
import { TextLink, Value } from '../ui/value.tsx';

const states: Record<'ok' | 'note' | 'bad', Status> = { ok: 'succeeded', note: 'note', bad: 'closed' };

export function Toasts() {
  const notices = useNotices((state) => state.notices);
  const { notices: store } = useStores();
  return (
    <ToastRegion
      toasts={notices.map(({ id, tone, title, text, link, action, sticky }) => ({
        id: String(id),
        state: states[tone],
        title,
        detail: text,
        sticky,
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
