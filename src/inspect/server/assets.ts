import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Asset {
  readonly type: string;
  readonly content: Buffer;
}

const FILES: { readonly [path: string]: readonly [file: string, type: string] } = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
};

/** Where the build puts the page. */
export const PAGE = fileURLToPath(new URL('../page', import.meta.url));

/**
 * The page's files, by their paths.
 *
 * @throws Error when they are not built
 */
export function readAssets(folder: string): ReadonlyMap<string, Asset> {
  return new Map(
    Object.entries(FILES).map(([path, [file, type]]) => [
      path,
      { type, content: readFileSync(join(folder, file)) },
    ]),
  );
}
