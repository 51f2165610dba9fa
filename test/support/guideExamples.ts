import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type RunOptions, type RunResult, run } from './run.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Inside the package, so that what the examples import is found; ignored by git and by the tools. */
const cache = join(root, 'node_modules', '.cache', 'mcp-lifeline');

/** Entries of the package, and the sources that they are made from. */
const ENTRIES: { readonly [entry: string]: string } = {
  'mcp-lifeline': join(root, 'src', 'index.ts'),
  'mcp-lifeline/testing': join(root, 'src', 'testing', 'index.ts'),
  'mcp-lifeline/testing/fast-check': join(root, 'src', 'testing', 'fast-check', 'index.ts'),
};

/** Examples of a guide, as programs of their own: compiled against the sources, as strictly as a reader may be. */
export class GuideExamples {
  readonly #directory: string;
  readonly #names: readonly string[];

  constructor(examples: { readonly [name: string]: string }) {
    mkdirSync(cache, { recursive: true });
    this.#directory = mkdtempSync(join(cache, 'examples-'));
    this.#names = Object.keys(examples);
    for (const [name, code] of Object.entries(examples)) writeFileSync(this.#path(name, 'ts'), code);
  }

  /** What the compiler says of all of them; nothing, if they are good. */
  async compile(): Promise<string> {
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2023'],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
      paths: Object.fromEntries(Object.entries(ENTRIES).map(([entry, file]) => [entry, [file]])),
    };
    const files = this.#names.map((name) => `${name}.ts`);
    writeFileSync(join(this.#directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    const compiler = join(root, 'node_modules', '.bin', 'tsc');
    return (await run(compiler, ['-p', this.#directory, '--pretty', 'false'])).stdout;
  }

  /** Runs one of them to its end. */
  async run(name: string, options: RunOptions = {}): Promise<RunResult> {
    const outfile = this.#path(name, 'mjs');
    await build({
      entryPoints: [this.#path(name, 'ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      alias: { ...ENTRIES },
      packages: 'external',
      logLevel: 'silent',
    });
    return run(process.execPath, [outfile], options);
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true });
  }

  #path(name: string, ending: 'ts' | 'mjs'): string {
    return join(this.#directory, `${name}.${ending}`);
  }
}
