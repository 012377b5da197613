/** Shorter values are left alone, or nothing would be readable. */
export const minSecretLength = 4;
/** A line of a longer value is looked for by itself only from this length on: shorter ones are words. */
const minLineLength = 6;

/** The ways in which a value turns up in output: as it is, line by line, and as programs encode it. */
export function formsOf(value: string): string[] {
  // Blanks hide nothing, and without them no output would keep its indentation.
  if (value.trim() === '') return [];
  const texts = new Set<string>();
  for (const text of [value, value.trim(), ...linesOf(value)]) {
    if (text.length >= minSecretLength) texts.add(text);
  }
  const forms = new Set<string>();
  for (const text of texts) {
    for (const form of [text, ...encodedForms(text)]) {
      if (form.length >= minSecretLength) forms.add(form);
    }
  }
  return [...forms];
}

function linesOf(value: string): string[] {
  if (!/[\r\n]/.test(value)) return [];
  return value
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= minLineLength);
}

function encodedForms(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const url = urlEncoded(text);
  return [
    ...base64Forms(text),
    json,
    // Go's encoder, and with it Docker's, also escapes these.
    json.replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
    url,
    url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    url.replaceAll('%20', '+'),
  ];
}

function urlEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * Base64 by itself, and what of it stays the same when other bytes stand before and after, as in the header
 * `Basic base64(user:password)`: there are three alignments, and the characters at the seams depend on the neighbours.
 */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  const forms = [bytes.toString('base64').replace(/=+$/, '')];
  if (bytes.length >= 6) {
    for (const before of [0, 1, 2]) {
      const shifted = Buffer.concat([Buffer.alloc(before), bytes])
        .toString('base64')
        .replace(/=+$/, '');
      const firstWhole = before === 0 ? 0 : before + 1;
      const lastWhole = Math.floor(((before + bytes.length) * 8) / 6);
      forms.push(shifted.slice(firstWhole, lastWhole));
    }
  }
  return forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}
