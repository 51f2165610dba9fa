import { resolve } from 'node:path';
import { checkHeaders } from '../connection/checks.js';
import type { HttpServer, StdioServer } from '../transports/createTransport.js';
import { readServerUrl } from '../transports/serverUrl.js';
import { ConfigDocument } from './configDocument.js';
import { expandText, type Variables, variablesFor } from './expand.js';
import type { JsonPath } from './jsonText.js';
import { readServers } from './parseConfig.js';
import { placeOf } from './places.js';
import type { Environment } from './references.js';
import type {
  DeclaredAddress,
  DeclaredProgram,
  DeclaredServer,
  ParsedConfig,
  ServerConfig,
} from './serverConfig.types.js';

/**
 * The servers of a configuration, ready to be connected to.
 *
 * @param path of the file: errors name it, and relative paths in it start from its folder
 * @param text as `readConfigText` returns it
 * @param env what references such as `${TOKEN}` are looked up in
 * @throws ConfigFileError with everything that is wrong: the shape, and variables that are not set
 */
export function loadConfig({
  path,
  text,
  env,
}: {
  path: string;
  text: string;
  env: Environment;
}): ParsedConfig<ServerConfig> {
  const place = placeOf(path);
  const document = new ConfigDocument(place.path, text);
  const variables = variablesFor(env, place.folder);
  const servers = new Map<string, ServerConfig>();
  for (const [name, declared] of readServers(document, place.folder)) {
    servers.set(name, new Preparation(document, declared, variables).prepare());
  }
  document.check();
  return { servers, warnings: document.warnings };
}

/** Puts the variables into one server, and checks what came of it. */
class Preparation {
  readonly #document: ConfigDocument;
  readonly #declared: DeclaredServer;
  readonly #variables: Variables;
  readonly #secrets = new Set<string>();

  constructor(document: ConfigDocument, declared: DeclaredServer, variables: Variables) {
    this.#document = document;
    this.#declared = declared;
    this.#variables = variables;
  }

  prepare(): ServerConfig {
    const { path: _path, folder: _folder, transport, ...rest } = this.#declared;
    const server = 'command' in transport ? this.#program(transport) : this.#address(transport);
    return { ...rest, server, secrets: [...this.#secrets], declared: this.#declared };
  }

  #program({ command, args, env, cwd }: DeclaredProgram): StdioServer {
    const program = this.#open(['command'], command);
    if (program === '') this.#reject(['command'], 'nothing, its variables being empty', 'a program');
    return {
      command: program,
      args: args.map((argument, index) => this.#open(['args', index], argument)),
      env: this.#texts('env', env),
      // Where a caller happens to be is no place for a server that many callers share.
      cwd: resolve(this.#declared.folder, this.#open(['cwd'], cwd ?? '')),
    };
  }

  #address({ url, headers, type }: DeclaredAddress): HttpServer {
    const address = this.#open(['url'], url);
    this.#attempt(['url'], address, 'an http: or https: URL', () => readServerUrl(address));
    const values = this.#texts('headers', headers);
    for (const [name, value] of Object.entries(values)) {
      const expected = 'a name and a value that a header can have';
      this.#attempt(['headers', name], value, expected, () => checkHeaders('', { [name]: value }));
    }
    return { url: address, headers: values, type };
  }

  /** Values that are secrets anyway, by what they are for. */
  #texts(field: string, texts: DeclaredProgram['env']): Record<string, string> {
    return Object.fromEntries(
      texts.map(([name, value]) => [name, this.#expand([field, name], value).text] as const),
    );
  }

  /** A text that is no secret by itself, but that variables may bring some into. */
  #open(path: JsonPath, text: string): string {
    const expansion = this.#expand(path, text);
    for (const secret of expansion.secrets) this.#secrets.add(secret);
    return expansion.text;
  }

  #expand(path: JsonPath, text: string): { text: string; secrets: readonly string[] } {
    // What is not to be used needs no variables.
    if (this.#declared.disabled) return { text, secrets: [] };
    const { problems, hasUnknown, ...expansion } = expandText(text, this.#variables);
    for (const { found, expected } of problems) this.#reject(path, found, expected);
    if (hasUnknown) {
      this.#document.warn(
        [...this.#declared.path, ...path],
        `has a \${…} that names no variable, left as it is`,
      );
    }
    return expansion;
  }

  #attempt(path: JsonPath, text: string, expected: string, check: () => unknown): void {
    // A reference that is still there was told already, or is in a server that is not to be used.
    if (text.includes('${')) return;
    try {
      check();
    } catch {
      this.#reject(path, 'something else', expected);
    }
  }

  #reject(path: JsonPath, found: string, expected: string): void {
    this.#document.reject([...this.#declared.path, ...path], found, expected);
  }
}
