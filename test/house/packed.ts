import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOrThrow } from '../support/run.js';
import { exampleOf } from './codeBlocks.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The parts of package.json that the tests look at. */
export interface Manifest {
  name: string;
  version: string;
  bin: { [command: string]: string };
  dependencies?: { [name: string]: string };
  engines: { node: string };
  exports: { [entry: string]: unknown };
  peerDependencies: { [name: string]: string };
}

/** The package, packed, and an empty project of a reader beside it. */
export interface Packed {
  manifest: Manifest;
  tarball: string;
  project: string;
  /** Where the project will have the package: `project/node_modules/mcp-lifeline`. */
  installed: string;
}

/** As strict as a reader may be: our declarations are checked too. */
const compilerOptions = { module: 'nodenext', target: 'es2022', strict: true, types: ['node'] };

const sources = ['machines', 'src', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
const texts = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'docs'];

/**
 * Packs the package as publishing does, below `home`: from a copy, so that no stale build can stand in
 * for a file that is not made any more.
 */
export async function pack(home: string): Promise<Packed> {
  const copy = join(home, 'copy');
  for (const part of [...sources, ...texts]) cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  await runOrThrow('npm', ['pack', '--pack-destination', home], { cwd: copy });

  const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const project = join(home, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  return {
    manifest,
    tarball: join(home, `${manifest.name}-${manifest.version}.tgz`),
    project,
    installed: join(project, 'node_modules', manifest.name),
  };
}

/** Installs in the project. npm's options go before the packages. */
export async function npmInstall({ project }: Packed, ...args: string[]): Promise<void> {
  await runOrThrow('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', ...args], {
    cwd: project,
  });
}

/** Installs the package without a network: what it needs and `guests` are linked from our own dependencies. */
export async function installOffline(packed: Packed, guests: readonly string[]): Promise<void> {
  const needed = Object.keys(packed.manifest.dependencies ?? {}).map((name) =>
    join(root, 'node_modules', name),
  );
  await npmInstall(packed, '--offline', '--legacy-peer-deps', packed.tarball, ...needed);
  for (const name of [...Object.keys(packed.manifest.peerDependencies), ...guests])
    link(name, packed.project);
}

/** Compiles an example of the README in the project, runs it and returns what it prints. */
export async function runReadmeExample(
  { project }: Packed,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  const example = exampleOf('README.md', readFileSync(join(root, 'README.md'), 'utf8'), name);
  writeFileSync(join(project, 'example.ts'), example);
  await runOrThrow('node_modules/.bin/tsc', ['--pretty', 'false'], { cwd: project });
  // `npx` in the example finds the server in the project, and must not go and look for a newer one.
  const surroundings = { cwd: project, env: { npm_config_offline: 'true' }, signal };
  const { stdout } = await runOrThrow(process.execPath, ['example.js'], surroundings);
  return stdout;
}

/** Puts one of our own dependencies into the project, with its commands. */
function link(name: string, project: string): void {
  const target = join(root, 'node_modules', name);
  const place = join(project, 'node_modules', name);
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(target, place);
  const { bin = {} } = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'));
  const commands = join(project, 'node_modules', '.bin');
  mkdirSync(commands, { recursive: true });
  for (const [command, file] of Object.entries<string>(typeof bin === 'string' ? { [name]: bin } : bin)) {
    symlinkSync(join(place, file), join(commands, command));
  }
}
