import { isObject } from '../connection/checks.js';
import { type ConfigDocument, describeValue } from './configDocument.js';
import type { JsonPath } from './jsonText.js';
import { FIELDS, serverSchema } from './schema.js';
import { didYouMean } from './suggestions.js';

/** Fields of a server whose values may be shown. Those of the others can be secrets. */
const PUBLIC = new Set<PropertyKey | undefined>([
  'type',
  'disabled',
  'allowedTools',
  'disabledTools',
  'retryPolicy',
  'healthCheck',
  'timeout',
  'keepAlive',
]);

/** What the schema library says is wrong, as far as it is of interest. */
interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  /** What each variant of a union objects to. */
  readonly errors?: readonly (readonly Issue[])[];
}

/** The fields of a server, or undefined after having told the document what is wrong with them. */
export function checkShape(document: ConfigDocument, path: JsonPath, value: unknown) {
  const { data, error } = serverSchema.safeParse(value);
  if (error === undefined) return data;
  for (const issue of error.issues.flatMap((each: Issue) => unfold(each))) {
    reject(document, path, value, issue);
  }
  return undefined;
}

/** Of a union, what the variant says that was meant: the one that takes the value, but for something inside it. */
function unfold(issue: Issue): Issue[] {
  const meant = issue.errors?.find((issues) => issues.length > 0 && issues.every(isInside));
  if (meant === undefined) return [issue];
  return meant.flatMap((inner) => unfold({ ...inner, path: [...issue.path, ...inner.path] }));
}

function isInside({ path, code }: Issue): boolean {
  return path.length > 0 || code === 'unrecognized_keys';
}

function reject(document: ConfigDocument, path: JsonPath, value: unknown, issue: Issue): void {
  const inside = issue.path.filter((step) => typeof step !== 'symbol');
  const [field] = inside;
  if (issue.keys === undefined) {
    const found = describeValue(at(value, inside), PUBLIC.has(field));
    document.reject([...path, ...inside], found, issue.message);
    return;
  }
  const object = inside.at(-1);
  const known = Object.entries(FIELDS).find(([name]) => name === object)?.[1] ?? [];
  for (const key of issue.keys) {
    const expected = `one of the fields ${known.join(', ')}${didYouMean(key, known)}`;
    document.reject([...path, ...inside, key], 'an unknown field', expected);
  }
}

function at(value: unknown, path: JsonPath): unknown {
  return path.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  );
}

/** Tells of fields that are nobody's business here. Hosts keep their own there. */
export function warnOfUnknownFields(document: ConfigDocument, path: JsonPath, value: unknown): void {
  if (!isObject(value)) return;
  for (const field of Object.keys(value)) {
    if (FIELDS.server.includes(field)) continue;
    document.warn(
      [...path, field],
      () => `not a field that is known here, ignored${didYouMean(field, FIELDS.server)}`,
    );
  }
}
