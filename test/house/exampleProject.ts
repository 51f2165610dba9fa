import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { type CompiledSources, compileSources } from '../support/compileSources.js';
import { type RunResult, run, runOrThrow, runUntilItSpeaks } from '../support/run.js';
import type { CodeBlock } from './codeBlocks.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));
/** Inside the package, so that what the examples import is found; ignored by git and by the tools. */
const cache = join(root, 'node_modules', '.cache', 'mcp-lifeline');

interface Manifest {
  name: string;
  exports: { [entry: string]: { default?: string } | string };
}

const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The source of each entry of the package, by the name that it is imported by. */
export const entries: ReadonlyMap<string, string> = new Map(
  Object.entries(manifest.exports).flatMap(([entry, target]) => {
    const built = typeof target === 'string' ? undefined : target.default;
    if (built === undefined || !built.endsWith('.js')) return [];
    const source = built.replace('./dist/', '').replace(/\.js$/, '.ts');
    return [[entry.replace(/^\./, manifest.name), join(root, source)] as const];
  }),
);

/** A new folder from which the package's dependencies are found. */
export function newFolder(prefix: string): string {
  mkdirSync(cache, { recursive: true });
  return mkdtempSync(join(cache, prefix));
}

/** What the file of an example is called. */
export function fileNameOf({ mark, language }: CodeBlock): string {
  if (mark?.as !== undefined) return mark.as;
  const ending = { typescript: 'ts', javascript: 'js', js: 'js', mjs: 'mjs', tsx: 'tsx', jsx: 'jsx' }[
    language
  ];
  return `${mark?.name}.${ending ?? 'ts'}`;
}

const codeOf = ({ context, code }: CodeBlock) => `${context}${code}`;

/** A text's examples are neighbours, and import each other. */
const folderOf = (file: string) => file.replaceAll(/\W/g, '-');

/**
 * What the compiler says of the examples, against the sources, as strictly as a reader may be; by `text: line`.
 */
export async function compile(blocks: readonly CodeBlock[]): Promise<string[]> {
  const directory = newFolder('guides-');
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2023', 'dom'],
    jsx: 'react-jsx',
    allowJs: true,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
    paths: Object.fromEntries([...entries].map(([entry, source]) => [entry, [source]])),
  };
  try {
    const files = write(directory, blocks);
    writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
    writeFileSync(
      join(directory, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: [...files.keys()] }),
    );
    const compiler = join(root, 'node_modules', '.bin', 'tsc');
    const { stdout } = await run(compiler, ['-p', directory, '--pretty', 'false'], { cwd: directory });
    return stdout.split('\n').filter((line) => line !== '');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function write(directory: string, blocks: readonly CodeBlock[]): Map<string, CodeBlock> {
  const files = new Map<string, CodeBlock>();
  for (const block of blocks) {
    const name = `${folderOf(block.file)}/${fileNameOf(block)}`;
    if (files.has(name)) throw new Error(`${block.file} has two examples ${fileNameOf(block)}`);
    files.set(name, block);
    mkdirSync(join(directory, folderOf(block.file)), { recursive: true });
    writeFileSync(join(directory, name), codeOf(block));
  }
  return files;
}

/** A project of a reader who has the package installed, with the examples of the texts in it. */
export class ExampleProject {
  readonly #sources: CompiledSources;
  readonly #bin: string;

  private constructor(sources: CompiledSources) {
    this.#sources = sources;
    this.#bin = join(sources.directory, 'bin');
  }

  static async create(blocks: readonly CodeBlock[]): Promise<ExampleProject> {
    const sources = await compileSources();
    const { directory } = sources;
    await runOrThrow(process.execPath, [join(root, 'src/cli/bundle.mjs'), directory]);
    const project = new ExampleProject(sources);
    const installed = join(directory, 'node_modules', manifest.name);
    mkdirSync(installed, { recursive: true });
    writeFileSync(join(installed, 'package.json'), JSON.stringify(manifest));
    symlinkSync(directory, join(installed, 'dist'));
    mkdirSync(project.#bin);
    const command = (file: string) => `exec '${process.execPath}' '${directory}/${file}' "$@"`;
    const lifeline = command('cli/lifeline.cjs');
    const faultyServer = command('src/testing/faultyServer/main.js');
    // What readers have npx bring, the tests have: servers of the protocol's own, which are called like their packages.
    const npx = [
      '[ "$1" = -y ] && shift',
      'name=$1; shift',
      `[ "$name" = lifeline ] && ${lifeline}`,
      'case $name in @*/*) name="mcp-$(basename "$name")" ;; esac',
      `exec '${root}/node_modules/.bin/'"$name" "$@"`,
    ].join('\n');
    for (const [name, script] of Object.entries({
      lifeline,
      npx,
      'mcp-lifeline-faulty-server': faultyServer,
    })) {
      const path = join(project.#bin, name);
      writeFileSync(path, `#!/bin/sh\n${script}\n`);
      chmodSync(path, 0o755);
    }
    for (const [name, block] of write(directory, blocks)) {
      if (!/\.tsx?$/.test(name)) continue;
      const loader = name.endsWith('x') ? 'tsx' : 'ts';
      const { code } = transformSync(codeOf(block), { loader, jsx: 'automatic', target: 'node20' });
      writeFileSync(join(directory, name.replace(/\.tsx?$/, '.js')), code);
    }
    writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
    return project;
  }

  /** Runs an example to its end, which has to be a good one; or one that stays, until it has said something. */
  async run(block: CodeBlock, env: { [name: string]: string } = {}): Promise<RunResult> {
    const cwd = join(this.#sources.directory, folderOf(block.file));
    mkdirSync(cwd, { recursive: true });
    const surroundings = { cwd, env: { ...env, PATH: `${this.#bin}:${process.env.PATH}` } };
    const isShell = ['sh', 'bash', 'shell', 'console'].includes(block.language);
    const file = basename(fileNameOf(block)).replace(/\.ts$/, '.js');
    if (block.mark?.stays) return runUntilItSpeaks(process.execPath, [file], surroundings);
    return isShell
      ? runOrThrow('bash', ['-euc', block.code], surroundings)
      : runOrThrow(process.execPath, [file], surroundings);
  }

  remove(): void {
    this.#sources.remove();
  }
}
