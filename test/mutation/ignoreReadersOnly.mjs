/** Texts that only people read: what is generated from them is checked elsewhere, and decides nothing. */
const TEXTS = new Set(['description', 'reason', 'condition']);

/** Why a node is not worth a mutant; nothing where it is. */
function reasonToIgnore({ parent, node }) {
  if (parent?.type !== 'ObjectProperty' || parent.value !== node) return undefined;
  const { name } = parent.key;
  if (TEXTS.has(name) && node.type === 'StringLiteral') return 'a text for readers';
  // `setup({ types: … })` is there for the compiler alone.
  return name === 'types' ? 'types only' : undefined;
}

/** A plugin of Stryker's. */
export const strykerPlugins = [
  { kind: 'Ignore', name: 'readersOnly', value: { shouldIgnore: reasonToIgnore } },
];
