import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOrThrow } from '../support/run.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The parts of package.json that the tests look at. */
export interface Manifest {
  name: string;
  version: string;
  dependencies?: { [name: string]: string };
  peerDependencies?: { [name: string]: string };
}

/** A project of a reader that installed the packed package. */
export interface Packed {
  project: string;
  /** The package as the project has it: `project/node_modules/mcp-lifeline`. */
  installed: string;
  manifest: Manifest;
}

/** As strict as a reader may be: our declarations are checked too. */
const compilerOptions = { module: 'nodenext', target: 'es2022', strict: true, types: ['node'] };

const packedParts = ['machines', 'src', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
const texts = ['CHANGELOG.md', 'LICENSE', 'README.md'];

/**
 * Packs the package as publishing does, from a copy, so that no stale build can stand in for a file
 * that is not made any more, and installs it in an empty project, all of it below `home`. Nothing comes over the network: peers
 * and `guests` are linked from our own dependencies.
 */
export async function packAndInstall(home: string, guests: readonly string[]): Promise<Packed> {
  const copy = join(home, 'copy');
  for (const part of [...packedParts, ...texts]) {
    if (existsSync(join(root, part))) cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  await runOrThrow('npm', ['pack', '--pack-destination', home], { cwd: copy });

  const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const project = join(home, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  const tarball = join(home, `${manifest.name}-${manifest.version}.tgz`);
  const flags = ['--offline', '--legacy-peer-deps', '--no-audit', '--no-fund', '--no-package-lock'];
  await runOrThrow('npm', ['install', ...flags, tarball], { cwd: project });
  for (const name of [...Object.keys(manifest.peerDependencies ?? {}), ...guests]) link(name, project);
  return { project, installed: join(project, 'node_modules', manifest.name), manifest };
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
