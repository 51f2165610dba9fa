import { readdirSync, readFileSync } from 'node:fs';
import { posix, sep } from 'node:path';
import { type ImportEdge, importsOf, isBare } from './imports.js';

/** Files by path relative to one root, with forward slashes. */
export type Sources = ReadonlyMap<string, string>;

/** Reads the files below `root/folder`, for each folder, whose names end in `ending`. */
export function readSources(root: string, folders: readonly string[], ending: '.ts' | '.js'): Sources {
  const sources = new Map<string, string>();
  for (const folder of folders) {
    for (const name of readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })) {
      const file = posix.join(folder, name.split(sep).join('/'));
      if (file.endsWith(ending) && !file.endsWith('.d.ts'))
        sources.set(file, readFileSync(`${root}/${file}`, 'utf8'));
    }
  }
  return sources;
}

/** The file that a relative specifier means. TypeScript writes the name of the file to be: `./a.js` for a.ts. */
export function resolveFile(from: string, specifier: string, sources: Sources): string {
  const path = posix.join(posix.dirname(from), specifier);
  const candidates = [path, path.replace(/\.js$/, '.ts')];
  const found = candidates.find((candidate) => sources.has(candidate));
  if (found === undefined) throw new Error(`${from}: no file for '${specifier}'`);
  return found;
}

export interface Reached {
  /** Files loaded with the entry, each with the files that lead to it, entry first. */
  files: Map<string, string[]>;
  /** Bare specifiers loaded with the entry, each with the files that lead to it. */
  packages: Map<string, string[]>;
}

/** What is loaded when `entry` is, over static imports alone. */
export function staticallyReached(entry: string, sources: Sources): Reached {
  const reached: Reached = { files: new Map([[entry, [entry]]]), packages: new Map() };
  for (const [file, trail] of reached.files) {
    for (const specifier of staticSpecifiers(file, sources)) {
      if (isBare(specifier)) {
        if (!reached.packages.has(specifier)) reached.packages.set(specifier, trail);
        continue;
      }
      const target = resolveFile(file, specifier, sources);
      if (!reached.files.has(target)) reached.files.set(target, [...trail, target]);
    }
  }
  return reached;
}

function staticSpecifiers(file: string, sources: Sources): string[] {
  const source = sources.get(file);
  if (source === undefined) throw new Error(`no such file: ${file}`);
  return importsOf(file, source)
    .filter((edge) => edge.kind === 'static')
    .map(specifierOf);
}

function specifierOf(edge: ImportEdge): string {
  if (edge.specifier === null) throw new Error('a static import always names its module');
  return edge.specifier;
}
