/** The code of the guides, made to run against the sources as it stands there. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { onTestFinished } from 'vitest';
import { exampleOf } from '../house/codeBlocks.js';
import { entries, newFolder, root } from '../house/exampleProject.js';

export const recipeText = (guide: string, name: string): string =>
  exampleOf(guide, readFileSync(join(root, guide), 'utf8'), name);

/** Takes the package's entries from the sources; a page takes everything else along too. */
const house = (isPage: boolean, beside: { [name: string]: string }): Plugin => ({
  name: 'house',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^[^./]/ }, ({ path }) => {
      const source = entries.get(path);
      if (source !== undefined) return { path: source };
      return isPage ? undefined : { path, external: true };
    });
    onResolve({ filter: /^\./ }, ({ path, importer }) =>
      importer.endsWith('recipe.tsx') && path in beside ? { path, namespace: 'beside' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'beside' }, ({ path }) => ({
      contents: beside[path] ?? '',
      loader: 'tsx',
      resolveDir: root,
    }));
  },
});

export interface Bundling extends BuildOptions {
  /** For a browser, with all that it needs. Default: for Node, with the package alone. */
  isPage?: boolean;
  /** Other files of the recipe, by the name that they are imported by. */
  beside?: { [name: string]: string };
}

/** Builds code that imports the package. */
export async function bundle(code: string, options: Bundling): Promise<void> {
  const { isPage = false, beside = {}, ...rest } = options;
  await build({
    stdin: { contents: code, resolveDir: root, loader: 'tsx', sourcefile: 'recipe.tsx' },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'silent',
    plugins: [house(isPage, beside)],
    ...rest,
  });
}

/** A folder from which the package's dependencies are found; gone when the test is over. */
export function workshop(): string {
  const folder = newFolder('recipe-');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Runs the example of this name in a guide, and gives what it exports. */
export async function loadRecipe(guide: string, name: string) {
  const outfile = join(workshop(), `${name}.mjs`);
  await bundle(recipeText(guide, name), { outfile, platform: 'node' });
  return import(pathToFileURL(outfile).href);
}
