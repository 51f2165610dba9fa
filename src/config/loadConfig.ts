import { isAbsolute, resolve } from 'node:path';
import { checkHeaders } from '../connection/checks.js';
import type { HttpServer, StdioServer } from '../transports/createTransport.js';
import { readServerUrl } from '../transports/serverUrl.js';
import { ConfigDocument } from './configDocument.js';
import { ConfigFileError } from './configFileError.js';
import { expandText, type Variables, variablesFor } from './expand.js';
import { Findings } from './findings.js';
import type { JsonPath } from './jsonText.js';
import { readServers } from './parseConfig.js';
import { placeOf } from './places.js';
import type { Environment } from './references.js';
import type {
  DeclaredAddress,
  DeclaredProgram,
  DeclaredServer,
  LoadedConfig,
  ServerConfig,
} from './serverConfig.types.js';

/**
 * The servers of a configuration, ready to be connected to. What the environment lacks for one server is that
 * server's `error`, and nobody else's.
 *
 * @param path of the file: errors name it, and relative paths in it start from its folder
 * @param text as `readConfigText` returns it
 * @param env what references such as `${TOKEN}` are looked up in
 * @throws ConfigFileError with everything that is wrong with the file itself
 */
export function loadConfig({
  path,
  text,
  env,
}: {
  path: string;
  text: string;
  env: Environment;
}): LoadedConfig<ServerConfig> {
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
  /** What is wrong with this server in this environment. */
  readonly #problems = new Findings();

  constructor(document: ConfigDocument, declared: DeclaredServer, variables: Variables) {
    this.#document = document;
    this.#declared = declared;
    this.#variables = variables;
  }

  prepare(): ServerConfig {
    const { path: _path, folder: _folder, hasEnvFile, transport, ...rest } = this.#declared;
    if (hasEnvFile && !rest.disabled) {
      // To start it without them would fail somewhere else, and later.
      this.#fail(
        ['envFile'],
        'a file of variables',
        `the variables themselves, in "env": such files are not read here`,
      );
    }
    const server = 'command' in transport ? this.#program(transport) : this.#address(transport);
    const problems = this.#problems;
    const error = problems.isEmpty ? null : new ConfigFileError(this.#document.file, problems.all);
    return { ...rest, server, error, secrets: [...this.#secrets] };
  }

  #program({ command, args, env, cwd }: DeclaredProgram): StdioServer {
    const program = this.#place(['command'], command);
    if (program === '') this.#fail(['command'], 'nothing, its variables being empty', 'a program');
    return {
      command: program,
      args: args.map((argument, index) => this.#open(['args', index], argument)),
      env: this.#texts('env', env),
      // Where a caller happens to be is no place for a server that many callers share.
      cwd: resolve(this.#declared.folder, this.#place(['cwd'], cwd ?? '')),
    };
  }

  #address({ url, headers, type }: DeclaredAddress): HttpServer {
    const address = this.#open(['url'], url);
    const isOwn = address === url;
    this.#attempt(['url'], { text: address, isOwn }, 'an http: or https: URL', () => readServerUrl(address));
    const values = this.#texts('headers', headers);
    for (const [name, declared] of headers) {
      const text = values[name] ?? '';
      const expected = 'a name and a value that a header can have';
      const check = () => checkHeaders('', { [name]: text });
      this.#attempt(['headers', name], { text, isOwn: text === declared }, expected, check);
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

  /** A text that names a place. A path that a variable brings is one, whether there is anything or not. */
  #place(path: JsonPath, text: string): string {
    const expansion = this.#expand(path, text);
    const isPath = isAbsolute(expansion.text);
    for (const secret of expansion.secrets) {
      if (!isPath || secret !== expansion.text) this.#secrets.add(secret);
    }
    return expansion.text;
  }

  #expand(path: JsonPath, text: string): { text: string; secrets: readonly string[] } {
    // What is not to be used needs no variables.
    if (this.#declared.disabled) return { text, secrets: [] };
    const { problems, hasUnknown, ...expansion } = expandText(text, this.#variables);
    for (const { found, expected } of problems) this.#fail(path, found, expected);
    // Of addresses and headers it is seen where they are checked.
    if ('command' in this.#declared.transport && expansion.text.includes('\0')) {
      this.#fail(path, 'a NUL character, from its variables', 'a text without');
    }
    if (hasUnknown) {
      this.#document.warn(
        [...this.#declared.path, ...path],
        () => `has a \${…} that names no variable, left as it is`,
      );
    }
    return expansion;
  }

  /** @param isOwn whether the text is as it stands in the file, so that the environment cannot be blamed */
  #attempt(
    path: JsonPath,
    { text, isOwn }: { text: string; isOwn: boolean },
    expected: string,
    check: () => unknown,
  ): void {
    // A reference that is still there was told already, or is in a server that is not to be used.
    if (text.includes('${')) return;
    try {
      check();
    } catch {
      if (isOwn) this.#document.reject([...this.#declared.path, ...path], 'something else', expected);
      else this.#fail(path, 'something else', expected);
    }
  }

  #fail(path: JsonPath, found: string, expected: string): void {
    this.#problems.add(() => this.#document.problem([...this.#declared.path, ...path], found, expected));
  }
}
