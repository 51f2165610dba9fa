/** The only file that imports what its user names. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { usageError } from './exits.js';

/**
 * A module of the user's, which runs as if Node had been asked to run it.
 *
 * @throws CommandError `USAGE` when there is no such file, or it cannot be loaded
 */
export async function loadModule(file: string): Promise<{ readonly [name: string]: unknown }> {
  const path = resolve(file);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw usageError(`there is no file ${path}`);
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    throw usageError(`${path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
}
