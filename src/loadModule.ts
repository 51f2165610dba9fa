/** The only file that imports what its user names: a machine, an adapter. */
import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** What is wrong with a module of the user's: names its path. */
export class ModuleError extends Error {
  override readonly name = 'ModuleError';
}

/**
 * A module of the user's, which runs as if Node had been asked to run it.
 *
 * @param path absolute
 * @param wanted what it should hold, for the message
 * @throws ModuleError when there is no such file, or it cannot be loaded
 */
export async function loadModule(
  path: string,
  wanted: string,
): Promise<{ readonly [name: string]: unknown }> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw new ModuleError(`${path}: found no file, expected ${wanted}`);
  try {
    return await import(pathToFileURL(path).href);
  } catch (cause) {
    // The rest of a syntax error is the stack of whoever loads it.
    const [reason = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new ModuleError(`${path}: cannot be loaded: ${reason}`, { cause });
  }
}
