// Bundles the command: `node src/cli/bundle.mjs [<folder of the build>]`, after the compiler. What is loaded with
// `import()` stays outside, and is taken from the build; so the file holds what every command needs and nothing else.
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildPage } from '../inspect/page/build.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const outfile = join(dist, 'cli', 'lifeline.cjs');

const lateFromTheBuild = {
  name: 'late imports from the build',
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      const compiled = join(dist, relative(root, resolve(resolveDir, path)));
      const specifier = relative(dirname(outfile), compiled).replaceAll('\\', '/');
      return { path: specifier, external: true };
    });
  },
};

/** Functions of `node:crypto` that few commands call. Loading it is dear, and waits for the first call. */
const cryptoWhenCalled = {
  name: 'node:crypto when it is called',
  setup({ onResolve, onLoad }) {
    const namespace = 'when called';
    onResolve({ filter: /^node:crypto$/ }, ({ path, namespace: from }) =>
      from === namespace ? { path, external: true } : { path, namespace, sideEffects: false },
    );
    onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: ['createHash', 'randomBytes', 'timingSafeEqual']
        .map((name) => `export const ${name} = (...given) => require('${path}').${name}(...given);`)
        .join('\n'),
    }));
  },
};

await build({
  entryPoints: [join(root, 'src', 'cli', 'main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  minify: true,
  legalComments: 'none',
  banner: { js: '#!/usr/bin/env node' },
  plugins: [lateFromTheBuild, cryptoWhenCalled],
  define: { 'performance.now': 'monotonicNow' },
  inject: [join(root, 'src', 'cli', 'monotonicNow.ts')],
  logLevel: 'warning',
});
chmodSync(outfile, 0o755);
// What `ui` serves.
await buildPage(join(dist, 'src', 'inspect', 'page'));
mkdirSync(join(dist, 'src', 'demo'), { recursive: true });
copyFileSync(join(root, 'src', 'demo', 'config.json'), join(dist, 'src', 'demo', 'config.json'));
