import { type Expression, type Node, parseSync, Visitor } from 'oxc-parser';

export type FoundImport = {
  readonly line: number;
  /** As written; undefined where it is computed at run time and no check can follow it. */
  readonly specifier: string | undefined;
  readonly isType: boolean;
  /** How it is written, for the message. */
  readonly form: string;
};

/** Ways to reach a module that would hide it from this check. */
const hiddenForms = new Set(['createRequire()', 'import.meta.glob()']);

export const isHidden = (found: FoundImport): boolean =>
  found.specifier === undefined || hiddenForms.has(found.form);

function literal(node: Expression | undefined): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}

function isImportMeta(node: Node | undefined): boolean {
  return node?.type === 'MetaProperty' && node.meta.name === 'import';
}

/** `import.meta.glob` -> glob, `import.meta.url` -> url. */
function importMetaMember(node: Node | undefined): string | undefined {
  if (node?.type !== 'MemberExpression' || !isImportMeta(node.object)) return undefined;
  return node.property.type === 'Identifier' ? node.property.name : undefined;
}

const isSource = (specifier: string | undefined) =>
  specifier !== undefined && /\.[cm]?[jt]sx?$/.test(specifier);

/** Every module that a source file names, in whatever way the language has for naming one; or why it cannot be parsed. */
export function importsOf(file: string, source: string): readonly FoundImport[] | string {
  const parsed = parseSync(file, source);
  const [broken] = parsed.errors;
  if (broken) return `cannot be parsed: ${broken.message}`;
  const found: FoundImport[] = [];
  const add = (node: Node, specifier: string | undefined, form: string, isType = false) =>
    found.push({ line: source.slice(0, node.start).split('\n').length, specifier, form, isType });

  new Visitor({
    ImportDeclaration: (node) => add(node, node.source.value, 'import', node.importKind === 'type'),
    ExportAllDeclaration: (node) => add(node, node.source.value, 'export * from', node.exportKind === 'type'),
    ExportNamedDeclaration: (node) => {
      if (node.source) add(node, node.source.value, 'export from', node.exportKind === 'type');
    },
    ImportExpression: (node) => add(node, literal(node.source), 'import()'),
    TSImportType: (node) => add(node, node.source.value, 'import type', true),
    TSExternalModuleReference: (node) => add(node, node.expression.value, 'import = require()'),
    CallExpression: (node) => {
      const [first] = node.arguments;
      const argument = first?.type === 'SpreadElement' ? undefined : first;
      const member = importMetaMember(node.callee);
      if (node.callee.type === 'Identifier' && node.callee.name === 'require')
        add(node, literal(argument), 'require()');
      if (node.callee.type === 'Identifier' && node.callee.name === 'createRequire')
        add(node, '', 'createRequire()');
      if (member === 'glob') add(node, '', 'import.meta.glob()');
      if (member === 'resolve') add(node, literal(argument), 'import.meta.resolve()');
    },
    NewExpression: (node) => {
      // new URL('./worker.ts', import.meta.url): how a worker's or child's file is named.
      if (node.callee.type !== 'Identifier' || node.callee.name !== 'URL') return;
      const [first, base] = node.arguments;
      if (importMetaMember(base) !== 'url' || first?.type === 'SpreadElement') return;
      const specifier = literal(first);
      if (isSource(specifier)) add(node, specifier, 'new URL()');
    },
  }).visit(parsed.program);
  return found;
}
