import { parseSync, Visitor } from 'oxc-parser';

/**
 * Names that reach outside of a chart: time, chance, the process, the network. A chart gets all of it
 * in events, input and the outputs of its actors, so that the same events always make the same states.
 */
const outside = new Set([
  'AbortSignal',
  'Buffer',
  'Date',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'fetch',
  'globalThis',
  'performance',
  'process',
  'queueMicrotask',
  'require',
  'setImmediate',
  'setInterval',
  'setTimeout',
]);

/** Names used in `source` that a pure module must not use; comments, texts, keys and types do not count. */
export function impureNames(file: string, source: string): string[] {
  const { program, errors } = parseSync(file, source);
  const [problem] = errors;
  if (problem !== undefined) throw new Error(`${file}: ${problem.message}`);
  const found: string[] = [];
  const notUses = new Set<unknown>();
  new Visitor({
    MemberExpression(node) {
      if (!node.computed) notUses.add(node.property);
      const { object, property } = node;
      const isMath = object.type === 'Identifier' && object.name === 'Math';
      if (isMath && property.type === 'Identifier' && property.name === 'random') found.push('Math.random');
    },
    Property(node) {
      if (!node.computed) notUses.add(node.key);
    },
    PropertyDefinition(node) {
      if (!node.computed) notUses.add(node.key);
    },
    MethodDefinition(node) {
      if (!node.computed) notUses.add(node.key);
    },
    TSPropertySignature(node) {
      if (!node.computed) notUses.add(node.key);
    },
    TSMethodSignature(node) {
      if (!node.computed) notUses.add(node.key);
    },
    TSTypeReference(node) {
      notUses.add(node.typeName);
    },
    Identifier(node) {
      if (outside.has(node.name) && !notUses.has(node)) found.push(node.name);
    },
  }).visit(program);
  return found;
}
