/** UTF-8 in pieces, such as Node's StringDecoder: a character may be cut anywhere. */
export type TextDecoding = { write(bytes: Uint8Array): string; end(): string };

export type TextLines = {
  write(bytes: Uint8Array): void;
  /** What stands after the last line break, if anything does. */
  end(): void;
};

/** A line that never ends must not fill the memory. */
const longestLine = 64 * 1024;

/** Bytes in pieces of any size become lines: characters and line breaks may be cut anywhere. */
export function createTextLines(decoder: TextDecoding, onLine: (text: string) => void): TextLines {
  let rest = '';

  function take(text: string): void {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(lastWritten(line));
    while (rest.length > longestLine) {
      // Not between the halves of a surrogate pair.
      const cut = /[\uD800-\uDBFF]/.test(rest.charAt(longestLine - 1)) ? longestLine - 1 : longestLine;
      onLine(lastWritten(rest.slice(0, cut)));
      rest = rest.slice(cut);
    }
  }

  return {
    write: (bytes) => take(decoder.write(bytes)),
    end() {
      take(decoder.end());
      if (rest !== '') onLine(lastWritten(rest));
      rest = '';
    },
  };
}

/** A progress bar writes over its line after a carriage return: what a terminal would show at the end. */
function lastWritten(line: string): string {
  const written = line.replace(/\r+$/, '');
  return written.slice(written.lastIndexOf('\r') + 1);
}
