import { type Plugin, RolldownMagicString } from 'rolldown';
import { type ESTree, parseSync, Visitor } from 'rolldown/utils';

/**
 * Makes a schema when it is first used. The program has 3,000 and a command asks for some dozens; making all of them took a
 * tenth of its time. Meant is each constant that stands at the top of a file, is named `…Schema` and is made by a call.
 */
export function lateSchemas(): Plugin {
  return { name: 'late-schemas', renderChunk: (code) => withLateSchemas(code) };
}

const schemaName = /Schema(?:\$\d+)?$/;

/** As the bundler writes what it exports where nobody asks before all of it has run. */
const exportedAtOnce = /^exports\.([\w$]+) = \1\(\);$/gm;

/** Exported for its test. A name that stands for anything else as well stays what it is. */
export function withLateSchemas(code: string): string {
  const { program } = parseSync('chunk.cjs', code);
  const names = readNames(program);
  const written = new RolldownMagicString(code);
  const late = new Set<string>();
  for (const statement of program.body) {
    if (statement.type !== 'VariableDeclaration' || statement.kind !== 'const') continue;
    const [{ id, init } = {}, ...others] = statement.declarations;
    if (others.length > 0 || id?.type !== 'Identifier' || init?.type !== 'CallExpression') continue;
    const { name } = id;
    if (!schemaName.test(name) || names.bound.get(name) !== 1) continue;
    late.add(name);
    written.overwrite(
      statement.start,
      init.start,
      `var ${name}$made;\nfunction ${name}() {\n\treturn ${name}$made ??= `,
    );
    written.appendLeft(statement.end, '\n}');
  }
  for (const { name, start, end, isShorthand } of names.used) {
    if (late.has(name)) written.overwrite(start, end, isShorthand ? `${name}: ${name}()` : `${name}()`);
  }
  return written
    .toString()
    .replace(exportedAtOnce, (statement, name: string) =>
      late.has(name)
        ? `Object.defineProperty(exports, "${name}", { enumerable: true, get: ${name} });`
        : statement,
    );
}

type Use = {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly isShorthand: boolean;
};

type Names = {
  /** How often each is declared or assigned, anywhere. */
  readonly bound: ReadonlyMap<string, number>;
  /** Where each is read. */
  readonly used: readonly Use[];
};

function readNames(program: ESTree.Program): Names {
  const bound = new Map<string, number>();
  const used = new Map<number, Use>();
  /** Where an identifier reads nothing. */
  const silent = new Set<number>();
  const shorthands = new Set<number>();
  const bind = (pattern: ESTree.Node | null | undefined): void => {
    if (pattern?.type !== 'Identifier') return;
    bound.set(pattern.name, (bound.get(pattern.name) ?? 0) + 1);
    silent.add(pattern.start);
  };
  const bindAll = ({ id, params }: { id: ESTree.Node | null; params?: readonly ESTree.Node[] }) => {
    for (const each of [id, ...(params ?? [])]) bind(each);
  };
  const ignoreKey = ({ key, computed }: { key: ESTree.Node; computed: boolean }) => {
    if (!computed) silent.add(key.start);
  };
  const bindId = ({ id }: { id: ESTree.Node | null }) => bind(id);
  const bindLeft = ({ left }: { left: ESTree.Node }) => bind(left);
  new Visitor({
    VariableDeclarator: bindId,
    FunctionDeclaration: bindAll,
    FunctionExpression: bindAll,
    ArrowFunctionExpression: bindAll,
    ClassDeclaration: bindId,
    ClassExpression: bindId,
    AssignmentExpression: bindLeft,
    AssignmentPattern: bindLeft,
    CatchClause({ param }) {
      bind(param);
    },
    RestElement({ argument }) {
      bind(argument);
    },
    ArrayPattern({ elements }) {
      elements.forEach(bind);
    },
    ObjectPattern({ properties }) {
      for (const property of properties) if (property.type === 'Property') bind(property.value);
    },
    Property(property) {
      if (property.shorthand) shorthands.add(property.start);
      else ignoreKey(property);
    },
    MemberExpression({ property, computed }) {
      if (!computed) silent.add(property.start);
    },
    MethodDefinition: ignoreKey,
    PropertyDefinition: ignoreKey,
    Identifier({ name, start, end }) {
      if (!silent.has(start)) used.set(start, { name, start, end, isShorthand: shorthands.has(start) });
    },
  }).visit(program);
  return { bound, used: [...used.values()] };
}
