import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
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
 * The sources as JavaScript, in a directory of one's own, for tests that need a whole process of their own: Node 20 does
 * not read TypeScript. Types are not checked, which takes most of the time; and what one file of tests has compiled,
 * the next ones copy.
 */
export async function compileSources(): Promise<CompiledSources> {
  const compiled = join(cache, `sources-${stateOfSources()}`);
  if (!existsSync(compiled)) await compileInto(compiled);
  const directory = mkdtempSync(join(cache, 'compiled-'));
  cpSync(compiled, directory, { recursive: true });
  return { directory, remove: () => rmSync(directory, { recursive: true }) };
}

async function compileInto(compiled: string): Promise<void> {
  mkdirSync(cache, { recursive: true });
  removeOld();
  const draft = mkdtempSync(join(cache, 'compiled-'));
  const compiler = join(root, 'node_modules', '.bin', 'tsc');
  const options = ['--outDir', draft, '--noCheck', '--declaration', 'false', '--declarationMap', 'false'];
  await runOrThrow(compiler, ['-p', 'tsconfig.build.json', ...options, '--sourceMap', 'false'], {
    cwd: root,
  });
  try {
    renameSync(draft, compiled);
  } catch (error) {
    // Another file of tests has compiled the same meanwhile.
    if (!existsSync(compiled)) throw error;
    rmSync(draft, { recursive: true });
  }
}

/** Whatever changes what comes out changes this. */
function stateOfSources(): string {
  const hash = createHash('sha256');
  const folders = ['machines', 'src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  const sources = folders.filter((file) => /\.tsx?$/.test(file)).sort();
  for (const file of [...sources, 'tsconfig.json', 'tsconfig.build.json', 'package.json']) {
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** What sources were compiled to that are no more; nobody takes a day to copy it. */
function removeOld(): void {
  const old = Date.now() - 24 * 60 * 60 * 1_000;
  for (const name of readdirSync(cache).filter((each) => each.startsWith('sources-'))) {
    const path = join(cache, name);
    if (statSync(path).mtimeMs < old) rmSync(path, { recursive: true, force: true });
  }
}
