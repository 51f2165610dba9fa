import { isObject } from '../connection/checks.js';
import type { ConnectionConfig } from '../connection/options.js';
import type { checkShape } from './checkShape.js';
import type { ConfigDocument } from './configDocument.js';
import type { JsonPath } from './jsonText.js';
import { FIELDS } from './schema.js';
import type { DeclaredAddress, DeclaredProgram, DeclaredServer } from './serverConfig.types.js';
import { suggestName } from './suggestions.js';

type Fields = NonNullable<ReturnType<typeof checkShape>>;

interface Declaration {
  name: string;
  path: JsonPath;
  folder: string;
  /** Checked. */
  fields: Fields;
  /** The same as it came. */
  value: unknown;
}

/** A server of checked fields. Undefined, and the document told, when they do not make one together. */
export function declareServer(
  document: ConfigDocument,
  declaration: Declaration,
): DeclaredServer | undefined {
  const { name, path, folder, fields } = declaration;
  const transport = declareTransport(document, declaration);
  if (transport === undefined) return undefined;
  return {
    name,
    path,
    folder,
    transport,
    policies: policiesOf(document, path, fields),
    hasEnvFile: 'command' in transport && fields.envFile !== undefined,
    allowedTools: fields.allowedTools,
    disabledTools: fields.disabledTools,
    disabled: fields.disabled ?? false,
  };
}

function policiesOf(document: ConfigDocument, path: JsonPath, fields: Fields): ConnectionConfig {
  const { retryPolicy, healthCheck, timeout, keepAlive } = fields;
  const isForeign = typeof timeout === 'number';
  if (isForeign) {
    // Seconds with some, milliseconds with others; of a start with some, of a call with others.
    document.warn(
      [...path, 'timeout'],
      () => 'a bare number means something else to each host, ignored; an object names limits',
    );
  }
  return { retryPolicy, healthCheck, timeout: isForeign ? undefined : timeout, keepAlive };
}

const PROGRAM_FIELDS = ['command', 'args', 'env', 'envFile', 'cwd'] as const;
const ADDRESS_FIELDS = ['url', 'headers'] as const;

function declareTransport(
  document: ConfigDocument,
  declaration: Declaration,
): DeclaredProgram | DeclaredAddress | undefined {
  const { path, fields } = declaration;
  const { type, command, url } = fields;
  if (type === undefined && (command === undefined) === (url === undefined)) {
    const meant = Object.keys(fields).find((field) =>
      ['command', 'url'].includes(suggestName(field, FIELDS.server) ?? ''),
    );
    const neither =
      meant === undefined ? 'neither "command" nor "url"' : `neither, but ${JSON.stringify(meant)}`;
    document.reject(path, command === undefined ? neither : 'both', 'either "command" or "url"');
    return undefined;
  }
  const isProgram = type === 'stdio' || (type === undefined && command !== undefined);
  for (const field of isProgram ? ADDRESS_FIELDS : PROGRAM_FIELDS) {
    const kind = isProgram ? 'a program' : 'a server behind a URL';
    if (fields[field] !== undefined) document.warn([...path, field], () => `of no use to ${kind}, ignored`);
  }
  return isProgram ? declareProgram(document, declaration) : declareAddress(document, declaration);
}

function declareProgram(
  document: ConfigDocument,
  { path, fields, value }: Declaration,
): DeclaredProgram | undefined {
  const { command, args = [], cwd } = fields;
  if (command === undefined) {
    document.reject([...path, 'command'], 'nothing', 'the name or path of a program');
    return undefined;
  }
  const env = textsOf(value, 'env');
  for (const [name, text] of env) {
    if (!/^[^=\0]+$/.test(name)) {
      document.reject([...path, 'env', name], 'a name that no variable can have', 'one without "="');
    } else if (text.includes('\0')) {
      document.reject([...path, 'env', name], 'a string', 'a string without NUL characters');
    }
  }
  return { command, args, env, cwd };
}

function declareAddress(
  document: ConfigDocument,
  { path, fields, value }: Declaration,
): DeclaredAddress | undefined {
  const { url, type } = fields;
  if (url === undefined) {
    document.reject([...path, 'url'], 'nothing', 'an http: or https: URL');
    return undefined;
  }
  const headers = textsOf(value, 'headers');
  // The other names of this type are of registries and hosts.
  return { url, headers, type: type === undefined || type === 'sse' ? type : 'http' };
}

/**
 * The texts of a member by name, from the value as it came: the schema library leaves out what is called
 * `__proto__`. A null is how an editor says that a variable is not set.
 */
function textsOf(value: unknown, field: string): [string, string][] {
  const texts: unknown = isObject(value) ? Reflect.get(value, field) : undefined;
  return Object.entries(texts ?? {}).flatMap(([name, text]): [string, string][] =>
    typeof text === 'string' || typeof text === 'number' ? [[name, String(text)]] : [],
  );
}
