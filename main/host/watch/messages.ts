/** To the thread that watches. Numbers are the asker's own. */
export type ToWatchThread =
  | { readonly kind: 'watch'; readonly id: number; readonly folder: string }
  | { readonly kind: 'close'; readonly id: number }
  | { readonly kind: 'settle'; readonly ticket: number };

export type FromWatchThread =
  | { readonly kind: 'watching'; readonly id: number }
  | { readonly kind: 'refused'; readonly id: number; readonly why: string }
  | { readonly kind: 'paths'; readonly id: number; readonly paths: readonly string[] }
  | { readonly kind: 'doubt'; readonly id: number; readonly why: string }
  /** Nothing more comes; a doubt went before it. */
  | { readonly kind: 'ended'; readonly id: number; readonly why: string }
  /** Comes behind all that was on disk when it was asked for. */
  | { readonly kind: 'settled'; readonly ticket: number };
