import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Adapter } from './adapter.types.js';
import { AdapterError, checkAdapter } from './checkAdapter.js';

/**
 * The adapter that a module is, by its exports; or its default export, where it has no `createSubject` itself.
 *
 * @param path absolute
 * @throws AdapterError when there is none, it throws, or it is no adapter: names the file, and what was expected
 */
export async function loadAdapter(path: string): Promise<Adapter> {
  if (!existsSync(path)) throw new AdapterError(`${path}: found no file, expected an adapter`);
  let module: unknown;
  try {
    module = await import(pathToFileURL(path).href);
  } catch (cause) {
    const [line = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new AdapterError(`${path}: cannot be loaded: ${line}`, { cause });
  }
  const adapter = checkAdapter(adapterIn(module), path);
  return adapter.name === path ? { ...adapter, name: basename(path) } : adapter;
}

function adapterIn(module: unknown): unknown {
  if (typeof module !== 'object' || module === null || 'createSubject' in module) return module;
  return 'default' in module ? module.default : module;
}
