// Builds the page: `node src/inspect/page/build.mjs [<folder of the build>]`. The chart is drawn here, so that whoever
// looks at the page needs no layout engine.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../../..');
/** Ignored by git and by the tools; inside the package, so that what is imported is found. */
const cache = join(root, 'node_modules', '.cache', 'mcp-lifeline');

/** The chart as SVG. Drawn once for each state of the sources: the layout takes a second. */
async function drawChart() {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        export { outlineSvg } from './src/graph/svg/outline.js';
        export { connectionMachine } from './machines/connection/connection.machine.js';`,
      resolveDir: root,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    write: false,
    logLevel: 'warning',
  });
  const { text } = outputFiles[0];
  const key = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const drawn = join(cache, `chart-${key}.svg`);
  if (existsSync(drawn)) return readFileSync(drawn, 'utf8');
  mkdirSync(cache, { recursive: true });
  const module = join(cache, `chart-${key}-${process.pid}.mjs`);
  writeFileSync(module, text);
  const { outlineSvg, connectionMachine } = await import(pathToFileURL(module).href);
  const svg = await outlineSvg(connectionMachine);
  writeFileSync(module, svg);
  // Others may build at the same time.
  renameSync(module, drawn);
  return svg;
}

/** @param folder is made, and gets the files of the page */
export async function buildPage(folder) {
  mkdirSync(folder, { recursive: true });
  const svg = await drawChart();
  // A page with a strict policy has its styles in files.
  const [whole = '', style = ''] = /<style>([\s\S]*?)<\/style>/.exec(svg) ?? [];
  const chart = svg
    .replace(whole, '')
    .replace(/ width="\d+" height="\d+"/, '')
    // The tip of a line that is lit stays as it is.
    .replaceAll(/markerWidth="(\d+)" markerHeight="\d+"/g, (_, size) => {
      const pixels = (1.2 * size).toFixed(1);
      return `markerUnits="userSpaceOnUse" markerWidth="${pixels}" markerHeight="${pixels}"`;
    });
  const html = readFileSync(join(here, 'index.html'), 'utf8').replace('<!-- chart -->', () => chart.trim());
  writeFileSync(join(folder, 'index.html'), html);
  writeFileSync(join(folder, 'page.css'), style + readFileSync(join(here, 'page.css'), 'utf8'));
  copyFileSync(join(here, 'icon.svg'), join(folder, 'icon.svg'));
  await build({
    entryPoints: [join(here, 'main.ts')],
    outfile: join(folder, 'page.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning',
  });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await buildPage(join(resolve(process.argv[2] ?? join(root, 'dist')), 'src', 'inspect', 'page'));
}
