import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ConfigFileError, type ConfigProblem } from '../../src/config/configFileError.js';
import { loadConfig } from '../../src/config/loadConfig.js';
import type { Environment } from '../../src/config/references.js';

/** A folder for one test, by its real path. */
export function testFolder(parent = tmpdir()): string {
  const folder = realpathSync(mkdtempSync(join(parent, 'mcp-lifeline-config-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file, with the folders around it, and returns its path. */
export function put(path: string, content: string | Uint8Array = '{}'): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** A file that need not be there: nothing reads it again. */
export const FILE = '/project/.mcp.json';

/** Loads a text, or a value as JSON. */
export function load(content: unknown, env: Environment = {}, path = FILE) {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return loadConfig({ path, text, env });
}

/** Loads one server, called `it`. */
export function loadServer(server: unknown, env: Environment = {}) {
  const { servers, warnings } = load({ mcpServers: { it: server } }, env);
  const config = servers.get('it');
  if (config === undefined) throw new Error('the server is missing');
  return { config, warnings };
}

/** The error that something throws. */
export function refusal(attempt: () => unknown): ConfigFileError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof ConfigFileError) return error;
    throw error;
  }
  throw new Error('nobody objected');
}

/** `path: message` of all that is wrong with a text, or with a value as JSON: as a whole, or with its servers here. */
export function problems(content: unknown, env: Environment = {}): string[] {
  return problemsOf(() => load(content, env)).map(({ path, message }) => `${path}: ${message}`);
}

function problemsOf(attempt: () => ReturnType<typeof load>): readonly ConfigProblem[] {
  try {
    const { servers } = attempt();
    return [...servers.values()].flatMap(({ error }) => error?.problems ?? []);
  } catch (error) {
    if (error instanceof ConfigFileError) return error.problems;
    throw error;
  }
}

/** The same for one server, called `it`. */
export function serverProblems(server: unknown, env: Environment = {}): string[] {
  return problems({ mcpServers: { it: server } }, env);
}
