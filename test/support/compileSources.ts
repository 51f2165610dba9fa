import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOrThrow } from './run.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Inside the package, so that what it imports is found; ignored by git and by the tools. */
const cache = join(root, 'node_modules', '.cache', 'mcp-lifeline');

export interface CompiledSources {
  /** Holds `src/` and `machines/`, as JavaScript. */
  readonly directory: string;
  remove(): void;
}

/**
 * Compiles the sources into a directory of their own, for tests that need a whole process of their
 * own: Node 20 does not read TypeScript. Types are not checked, which takes most of the time.
 */
export async function compileSources(): Promise<CompiledSources> {
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, 'compiled-'));
  const compiler = join(root, 'node_modules', '.bin', 'tsc');
  const options = ['--outDir', directory, '--noCheck', '--declaration', 'false', '--declarationMap', 'false'];
  await runOrThrow(compiler, ['-p', 'tsconfig.build.json', ...options, '--sourceMap', 'false'], {
    cwd: root,
  });
  return { directory, remove: () => rmSync(directory, { recursive: true }) };
}
