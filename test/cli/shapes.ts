/** Shapes of JSON as docs/cli.md writes them: `{ name: string, more?: [Part] or null }`. */

export type Shape =
  | { kind: 'word'; word: string }
  | { kind: 'literal'; text: string }
  | { kind: 'list'; item: Shape }
  | { kind: 'map'; value: Shape }
  | { kind: 'object'; fields: ReadonlyMap<string, { shape: Shape; isOptional: boolean }> }
  | { kind: 'either'; shapes: readonly Shape[] };

export type Parts = ReadonlyMap<string, Shape>;

/** @throws Error when the text is no shape */
export function readShape(text: string): Shape {
  const tokens = text.match(/"[^"]*"|\w+|[{}[\],:?]/g) ?? [];
  let at = 0;
  const isNext = (token: string) => tokens[at] === token;
  const take = (): string => {
    const token = tokens[at];
    if (token === undefined) throw new Error(`${text}: ends too early`);
    at += 1;
    return token;
  };
  const expect = (token: string) => {
    const found = take();
    if (found !== token) throw new Error(`${text}: found ${found}, expected ${token}`);
  };
  const one = (): Shape => {
    const token = take();
    if (token.startsWith('"')) return { kind: 'literal', text: token.slice(1, -1) };
    if (token === '[') {
      const item = any();
      expect(']');
      return { kind: 'list', item };
    }
    if (token !== '{') {
      if (!/^\w+$/.test(token)) throw new Error(`${text}: found ${token}, expected a shape`);
      return { kind: 'word', word: token };
    }
    if (isNext('[')) {
      for (const each of ['[', 'name', ']', ':']) expect(each);
      const value = any();
      expect('}');
      return { kind: 'map', value };
    }
    const fields = new Map<string, { shape: Shape; isOptional: boolean }>();
    do {
      const name = take();
      const isOptional = isNext('?');
      if (isOptional) take();
      expect(':');
      fields.set(name, { shape: any(), isOptional });
    } while (isNext(',') && take() === ',');
    expect('}');
    return { kind: 'object', fields };
  };
  const any = (): Shape => {
    const shapes = [one()];
    while (isNext('or')) {
      take();
      shapes.push(one());
    }
    const [only] = shapes;
    return shapes.length === 1 && only !== undefined ? only : { kind: 'either', shapes };
  };
  const shape = any();
  if (at < tokens.length) throw new Error(`${text}: found ${tokens[at]}, expected the end`);
  return shape;
}

/**
 * Where a value is not of the shape.
 *
 * @param seen gets each field that is there, as `Part.field`
 */
export function differences(
  value: unknown,
  shape: Shape,
  parts: Parts,
  {
    path = '$',
    owner = '',
    seen = new Set<string>(),
  }: { path?: string; owner?: string; seen?: Set<string> } = {},
): string[] {
  const below = (inner: unknown, of: Shape, step: string, within = owner) =>
    differences(inner, of, parts, { path: path + step, owner: within, seen });
  switch (shape.kind) {
    case 'literal':
      return value === shape.text
        ? []
        : [`${path}: found ${JSON.stringify(value)}, expected "${shape.text}"`];
    case 'word': {
      const part = parts.get(shape.word);
      if (part !== undefined) return below(value, part, '', shape.word);
      const isIt =
        shape.word === 'any' || (shape.word === 'null' ? value === null : typeof value === shape.word);
      return isIt ? [] : [`${path}: found ${JSON.stringify(value)}, expected ${shape.word}`];
    }
    case 'either': {
      const all = shape.shapes.map((each) => below(value, each, ''));
      return all.sort((one, other) => one.length - other.length)[0] ?? [];
    }
    case 'list':
      if (!Array.isArray(value)) return [`${path}: no list`];
      return value.flatMap((item, index) => below(item, shape.item, `[${index}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: no object`];
  const entries = Object.entries(value);
  if (shape.kind === 'map') return entries.flatMap(([name, inner]) => below(inner, shape.value, `.${name}`));
  const missing = [...shape.fields]
    .filter(([name, { isOptional }]) => !isOptional && !Object.hasOwn(value, name))
    .map(([name]) => `${path}.${name}: not there`);
  const wrong = entries.flatMap(([name, inner]) => {
    const field = shape.fields.get(name);
    if (field === undefined) return [`${path}.${name}: not documented`];
    seen.add(`${owner}.${name}`);
    return below(inner, field.shape, `.${name}`);
  });
  return [...missing, ...wrong];
}

/** Every field that a shape names, as `Part.field`. */
export function fieldsOf(shape: Shape, owner: string): string[] {
  switch (shape.kind) {
    case 'object':
      return [...shape.fields].flatMap(([name, field]) => [
        `${owner}.${name}`,
        ...fieldsOf(field.shape, owner),
      ]);
    case 'list':
      return fieldsOf(shape.item, owner);
    case 'map':
      return fieldsOf(shape.value, owner);
    case 'either':
      return shape.shapes.flatMap((each) => fieldsOf(each, owner));
    default:
      return [];
  }
}
