/** What stands above the log; it scrolls, so that the log keeps its room. */
export const upperPane =
  'scrollbar-quiet max-h-[48%] flex-none overflow-auto border-b border-line pb-3 [overflow-anchor:none]';
