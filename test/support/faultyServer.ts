import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Ignored by git and by the tools. */
const cache = join(root, 'node_modules', '.cache', 'mcp-lifeline');

/**
 * The command `mcp-lifeline-faulty-server` as one file of JavaScript, to be run by Node: built from the sources as
 * they are now, which takes less time than starting it.
 */
export const faultyServer = buildFaultyServer();

function buildFaultyServer(): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(root, 'src', 'testing', 'faultyServer', 'main.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    write: false,
  });
  const [built] = outputFiles;
  if (built === undefined) throw new Error('nothing was built');
  const hash = createHash('sha256').update(built.contents).digest('hex').slice(0, 12);
  const file = join(cache, `faulty-server-${hash}.mjs`);
  if (existsSync(file)) return file;
  mkdirSync(cache, { recursive: true });
  // Others may be building the same, and nobody may run half of it.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, built.contents);
  renameSync(draft, file);
  return file;
}
