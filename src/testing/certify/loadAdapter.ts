import { basename } from 'node:path';
import { loadModule, ModuleError } from '../../loadModule.js';
import type { Adapter } from './adapter.types.js';
import { AdapterError, checkAdapter } from './checkAdapter.js';

/**
 * The adapter that a module is, by its exports; or its default export, where it has no `createSubject` itself.
 *
 * @param path absolute
 * @throws AdapterError when there is none, it throws, or it is no adapter: names the file, and what was expected
 */
export async function loadAdapter(path: string): Promise<Adapter> {
  const module: unknown = await loadModule(path, 'an adapter').catch((error: unknown) => {
    throw error instanceof ModuleError ? new AdapterError(error.message, { cause: error.cause }) : error;
  });
  const adapter = checkAdapter(adapterIn(module), path);
  return adapter.name === path ? { ...adapter, name: basename(path) } : adapter;
}

function adapterIn(module: unknown): unknown {
  if (typeof module !== 'object' || module === null || 'createSubject' in module) return module;
  return 'default' in module ? module.default : module;
}
