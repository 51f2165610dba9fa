import { parseSync, Visitor } from 'oxc-parser';
import { readText } from './tables.js';

/** The members that an interface declares itself, with their types as they are written. */
export function membersOf(file: string, name: string): Map<string, string> {
  const source = readText(file);
  const members = new Map<string, string>();
  let isThere = false;
  new Visitor({
    TSInterfaceDeclaration(node) {
      if (node.id.name !== name) return;
      isThere = true;
      for (const member of node.body.body) {
        if (member.type === 'TSPropertySignature' && member.key.type === 'Identifier') {
          const type = member.typeAnnotation?.typeAnnotation;
          members.set(member.key.name, type === undefined ? 'any' : source.slice(type.start, type.end));
        } else if (member.type === 'TSMethodSignature' && member.key.type === 'Identifier') {
          const parameters = member.params.map(({ start, end }) => source.slice(start, end)).join(', ');
          const returns = member.returnType?.typeAnnotation;
          const result = returns === undefined ? 'any' : source.slice(returns.start, returns.end);
          members.set(member.key.name, `(${parameters}) => ${result}`);
        }
      }
    },
  }).visit(programOf(file, source));
  if (!isThere) throw new Error(`${file} has no interface ${name}`);
  return members;
}

/** The texts that a union of texts is made of, those of unions that it names included. */
export function literalsOf(file: string, name: string): string[] {
  const source = readText(file);
  const unions = new Map<string, string[]>();
  const references = new Map<string, string[]>();
  new Visitor({
    TSTypeAliasDeclaration(node) {
      const { typeAnnotation: type } = node;
      const parts = type.type === 'TSUnionType' ? type.types : [type];
      unions.set(
        node.id.name,
        parts.flatMap((part) =>
          part.type === 'TSLiteralType' && part.literal.type === 'Literal'
            ? [String(part.literal.value)]
            : [],
        ),
      );
      references.set(
        node.id.name,
        parts.flatMap((part) =>
          part.type === 'TSTypeReference' && part.typeName.type === 'Identifier' ? [part.typeName.name] : [],
        ),
      );
    },
  }).visit(programOf(file, source));
  const own = unions.get(name);
  if (own === undefined) throw new Error(`${file} has no type ${name}`);
  const others = (references.get(name) ?? []).filter((other) => unions.has(other));
  return [...own, ...others.flatMap((other) => literalsOf(file, other))];
}

function programOf(file: string, source: string) {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  return program;
}
