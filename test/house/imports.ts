import { parseSync, Visitor } from 'oxc-parser';

/** How a file reaches another: `static` when it is loaded, `dynamic` when asked for, `type` never at run time. */
export type ImportKind = 'static' | 'dynamic' | 'type';

export interface ImportEdge {
  /** As written; null for `import(expression)`, which nobody can follow. */
  specifier: string | null;
  kind: ImportKind;
}

/** Every import of a TypeScript or JavaScript module, re-exports and `import('…')` types included. */
export function importsOf(file: string, source: string): ImportEdge[] {
  const { program, errors } = parseSync(file, source);
  const [problem] = errors;
  if (problem !== undefined) throw new Error(`${file}: ${problem.message}`);
  const edges: ImportEdge[] = [];
  new Visitor({
    // `import { type A } from 'x'` still loads x: verbatimModuleSyntax keeps it as `import {} from 'x'`.
    ImportDeclaration(node) {
      edges.push({ specifier: node.source.value, kind: node.importKind === 'type' ? 'type' : 'static' });
    },
    ExportAllDeclaration(node) {
      edges.push({ specifier: node.source.value, kind: node.exportKind === 'type' ? 'type' : 'static' });
    },
    ExportNamedDeclaration(node) {
      if (node.source === null) return;
      edges.push({ specifier: node.source.value, kind: node.exportKind === 'type' ? 'type' : 'static' });
    },
    ImportExpression(node) {
      const { source: target } = node;
      const isText = target.type === 'Literal' && typeof target.value === 'string';
      edges.push({ specifier: isText ? target.value : null, kind: 'dynamic' });
    },
    TSImportType(node) {
      edges.push({ specifier: node.source.value, kind: 'type' });
    },
  }).visit(program);
  return edges;
}

/** Whether a specifier names a package or a Node module, not a file. */
export function isBare(specifier: string): boolean {
  return !specifier.startsWith('.') && !specifier.startsWith('/');
}

/** The package that a bare specifier belongs to: `@scope/name/sub.js` is of `@scope/name`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
