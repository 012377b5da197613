/** Words above a view or in the status bar that say why much of it is refused; refused buttons point to them instead of repeating them. */
export const noticeIds = {
  trust: 'notice-trust',
  problems: 'notice-problems',
  connection: 'notice-connection',
  engine: 'notice-engine',
} as const;
