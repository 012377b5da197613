/** A point in time: epoch milliseconds, or an ISO 8601 string as the contract carries it. */
export type Instant = number | string;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function toMillis(at: Instant): number {
  return typeof at === 'number' ? at : Date.parse(at);
}

const group = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** 1298 -> "1,298" */
export function grouped(n: number): string {
  return group.format(n);
}

/** "1 key", "24 keys"; 0 is "no keys". */
export function count(n: number, one: string, many = `${one}s`): string {
  if (n === 0) return `no ${many}`;
  return n === 1 ? `1 ${one}` : `${grouped(n)} ${many}`;
}

const pad = (n: number): string => String(n).padStart(2, '0');

/** Running time: 41_000 -> "0:41", 3_723_000 -> "1:02:03". Never negative: clocks of two machines may differ. */
export function elapsed(ms: number): string {
  const s = Math.max(0, Math.floor(ms / SECOND));
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor((s % 3600) / 60);
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(s % 60)}` : `${minutes}:${pad(s % 60)}`;
}

/** Measured time of one build step: "40 ms", "0.3 s", "14.5 s", "2:05". */
export function seconds(ms: number): string {
  if (ms > 0 && ms < 95) return `${Math.round(ms)} ms`;
  return ms < 99_950 ? `${(Math.max(0, ms) / SECOND).toFixed(1)} s` : elapsed(ms);
}

/** A length of time in its largest whole unit: "12 s", "4 min", "20 h", "9 d". */
export function span(ms: number): string {
  const length = Math.max(0, ms);
  if (length < MINUTE) return `${Math.floor(length / SECOND)} s`;
  if (length < HOUR) return `${Math.floor(length / MINUTE)} min`;
  if (length < DAY) return `${Math.floor(length / HOUR)} h`;
  return `${Math.floor(length / DAY)} d`;
}

const dayMonthYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** "now", "12 s ago", "4 min ago", "20 h ago", "yesterday", "9 d ago", and from 60 days on the date. */
export function relative(at: Instant, now: number): string {
  const then = toMillis(at);
  if (Number.isNaN(then)) return 'unknown';
  const age = now - then;
  if (age < -MINUTE) return age > -60 * DAY ? `in ${span(-age)}` : dayMonthYear.format(then);
  if (age < 5 * SECOND) return 'now';
  if (age < 22 * HOUR) return `${span(age)} ago`;
  if (age >= 60 * DAY) return dayMonthYear.format(then);
  const days = calendarDays(then, now);
  return days <= 1 ? 'yesterday' : `${days} d ago`;
}

/** Midnights between the two in the reader's own time zone; DST days of 23 or 25 hours count as one. */
function calendarDays(then: number, now: number): number {
  return Math.round((startOfDay(now) - startOfDay(then)) / DAY);
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** The reader's local time to the second: "2026-03-12 14:28:06". */
export function exact(at: Instant): string {
  const d = new Date(toMillis(at));
  if (Number.isNaN(d.getTime())) return 'unknown';
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())} ${clock(at)}`;
}

/** "14:43:15"; with `minutes` only "14:43". */
export function clock(at: Instant, precision: 'seconds' | 'minutes' = 'seconds'): string {
  const d = new Date(toMillis(at));
  if (Number.isNaN(d.getTime())) return '--:--';
  const hm = `${pad(d.getHours())}:${pad(d.getMinutes())}`;
  return precision === 'seconds' ? `${hm}:${pad(d.getSeconds())}` : hm;
}

/** Decimal units, as registries and `docker images` count: "812 B", "34 kB", "73.3 MB", "1.24 GB". */
export function bytes(n: number): string {
  const size = Math.abs(n);
  if (size < 1e3) return `${size} B`;
  if (size < 99_500) return `${Math.round(size / 1e3)} kB`;
  if (size < 999.95e6) return `${(size / 1e6).toFixed(1)} MB`;
  return `${(size / 1e9).toFixed(2)} GB`;
}

/** A difference in size, with a true minus sign: "+0.7 MB", "−1.1 MB", "same size". */
export function signedBytes(n: number): string {
  if (n === 0) return 'same size';
  return `${n > 0 ? '+' : '\u2212'}${bytes(n)}`;
}

/** Algorithm and 12 hex digits: "sha256:9b1c04e7a2f8". What is not a digest stays as it is. */
export function shortDigest(digest: string): string {
  const match = /^([a-z0-9]+):([0-9a-f]{12})[0-9a-f]*$/.exec(digest);
  return match ? `${match[1]}:${match[2]}` : digest;
}

/** The same for every digest in a sentence. */
export function shortDigests(text: string): string {
  return text.replace(/sha256:[0-9a-f]{64}/g, shortDigest);
}

/** "Wed 11 March" of this year, "11 March 2025" of another: the head of a day in a list. */
export function dayName(at: Instant, now: number): { readonly name: string; readonly date: string } {
  const then = toMillis(at);
  const d = new Date(then);
  const days = calendarDays(then, now);
  const sameYear = d.getFullYear() === new Date(now).getFullYear();
  const date = d.toLocaleDateString('en-GB', { day: 'numeric', month: 'long' });
  const weekday = d.toLocaleDateString('en-GB', { weekday: 'long' });
  const name = days === 0 ? 'Today' : days === 1 ? 'Yesterday' : weekday;
  const dated = days <= 1 ? `${weekday.slice(0, 3)} ${date}` : date;
  return { name, date: sameYear ? dated : `${dated} ${d.getFullYear()}` };
}

export type Piece = { readonly text: string; readonly hit: boolean };

/** Cuts a text where the needle stands in it, case ignored. An empty needle hits nothing. */
export function highlight(text: string, needle: string): readonly Piece[] {
  if (needle === '') return [{ text, hit: false }];
  const pieces: Piece[] = [];
  const low = text.toLowerCase();
  const wanted = needle.toLowerCase();
  // Lower-casing may change the length of a few letters (U+0130); then offsets would lie, so nothing is marked.
  if (low.length !== text.length) return [{ text, hit: false }];
  let from = 0;
  for (let at = low.indexOf(wanted); at !== -1; at = low.indexOf(wanted, from)) {
    if (at > from) pieces.push({ text: text.slice(from, at), hit: false });
    from = at + wanted.length;
    pieces.push({ text: text.slice(at, from), hit: true });
  }
  if (from < text.length || pieces.length === 0) pieces.push({ text: text.slice(from), hit: false });
  return pieces;
}
