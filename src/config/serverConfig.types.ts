import type { ConnectionConfig } from '../connection/options.js';
import type { HttpServer, StdioServer } from '../transports/createTransport.js';
import type { ConfigFileError, ConfigProblem } from './configFileError.js';
import type { JsonPath } from './jsonText.js';
import type { ToolRules } from './toolRules.js';

/** What a file says of a server that is a program, its variables not yet put in. */
export interface DeclaredProgram {
  command: string;
  args: readonly string[];
  env: readonly (readonly [name: string, value: string])[];
  cwd?: string | undefined;
}

/** What a file says of a server behind a URL, its variables not yet put in. */
export interface DeclaredAddress {
  url: string;
  headers: readonly (readonly [name: string, value: string])[];
  type?: 'http' | 'sse' | undefined;
}

/** A server as a file has it. */
export interface DeclaredServer extends ToolRules {
  name: string;
  /** Where in the file. */
  path: JsonPath;
  /** What its relative paths start from. */
  folder: string;
  transport: DeclaredProgram | DeclaredAddress;
  policies: ConnectionConfig;
  /** It has variables in a file of their own, which nobody here reads. */
  hasEnvFile: boolean;
  /** It is not to be used. */
  disabled: boolean;
}

/** A server, ready to be connected to: `new ConnectionManager({ name, server, secrets, ...policies })`. */
export interface ServerConfig extends ToolRules {
  name: string;
  /** With all variables put in. A program's `cwd` is always there, and absolute. */
  server: StdioServer | HttpServer;
  /** Of the policies those that the file overrides, checked. */
  policies: ConnectionConfig;
  /** It is not to be used; its variables were not put in. */
  disabled: boolean;
  /**
   * Why it cannot be used here, though the others can: a variable that is not set, or one with a value that makes no
   * server. What `server` holds is then no more than what could be put in. Null: it can be used.
   */
  error: ConfigFileError | null;
  /** Values of variables outside of `env` and `headers`, which must be shown nowhere. */
  secrets: readonly string[];
}

/** What a file holds. Names may be any, those of the prototype's members too: hence a map. */
export interface LoadedConfig<Server> {
  servers: Map<string, Server>;
  /** Fields that nobody here knows, and other things that may be mistakes. */
  warnings: readonly ConfigProblem[];
}
