/**
 * The line of a Dockerfile (from 1) in which an instruction begins that a builder calls `[stage-1 3/4] RUN make`;
 * `undefined` where that is none or several. For builders that name a step, and no line.
 */
export function lineOf(dockerfile: string, step: string): number | undefined {
  const wanted = plain(step.replace(/^\[[^\]]*\] /, ''));
  const found = instructions(dockerfile).filter(({ text }) => plain(text) === wanted);
  return found.length === 1 ? found[0]?.line : undefined;
}

type Instruction = { readonly line: number; readonly text: string };

/** Lines that a mark at the end ties together are one; comments between them are none. */
function instructions(dockerfile: string): readonly Instruction[] {
  const tie = /^\s*#\s*escape\s*=\s*`/im.test(dockerfile) ? '`' : '\\';
  const found: Instruction[] = [];
  let open: Instruction | undefined;
  for (const [index, raw] of dockerfile.split(/\r?\n/).entries()) {
    const text = raw.trim();
    if (text === '' || text.startsWith('#')) continue;
    const goesOn = text.endsWith(tie);
    const part = goesOn ? text.slice(0, -1) : text;
    const all: Instruction = open === undefined ? { line: index + 1, text: part } : joined(open, part);
    open = goesOn ? all : undefined;
    if (!goesOn) found.push(all);
  }
  return found;
}

function joined(open: Instruction, part: string): Instruction {
  return { line: open.line, text: `${open.text} ${part}` };
}

/** Builders write the same instruction with other spaces, and its name in capitals. */
function plain(text: string): string {
  const [, name = '', rest = ''] = /^(\S+)\s*([\s\S]*)$/.exec(text.trim()) ?? [];
  return `${name.toUpperCase()} ${rest.replace(/\s+/g, ' ')}`;
}
