import { realpathSync } from 'node:fs';
import { basename, dirname, join, posix, relative, resolve, win32 } from 'node:path';
import type { Environment } from './references.js';

/** What decides where a user's files are. */
export interface Surroundings {
  env: Environment;
  /** The user's home directory. */
  home: string;
  platform: NodeJS.Platform;
}

const APPLICATION = 'mcp-lifeline';

/** The configuration that holds wherever no project has its own. */
export function userConfigPath(surroundings: Surroundings): string {
  const folder = userFolder(surroundings, {
    xdg: ['XDG_CONFIG_HOME', '.config'],
    windows: ['APPDATA', 'Roaming'],
  });
  return pathsOf(surroundings).join(folder, 'config.json');
}

/** Where it is written down which projects' files the user trusts. */
export function trustDirectory(surroundings: Surroundings): string {
  const folder = userFolder(surroundings, {
    xdg: ['XDG_STATE_HOME', '.local/state'],
    windows: ['LOCALAPPDATA', 'Local'],
  });
  return pathsOf(surroundings).join(folder, 'trust');
}

interface FolderNames {
  /** A variable, and what stands below the home directory for it. */
  xdg: readonly [string, string];
  /** A variable, and what stands below `AppData` for it. */
  windows: readonly [string, string];
}

function userFolder(surroundings: Surroundings, { xdg, windows }: FolderNames): string {
  const { env, home, platform } = surroundings;
  const { join, isAbsolute } = pathsOf(surroundings);
  const [variable, fallback] = platform === 'win32' ? windows : xdg;
  const named = env[variable];
  // A relative one is invalid, says the specification of these variables.
  if (named !== undefined && isAbsolute(named)) return join(named, APPLICATION);
  return join(home, ...(platform === 'win32' ? ['AppData'] : []), fallback, APPLICATION);
}

function pathsOf({ platform }: Surroundings) {
  return platform === 'win32' ? win32 : posix;
}

/** Folders of editors inside a project, in which their files lie that speak of the project. */
const EDITOR_FOLDERS = new Set(['.vscode', '.cursor']);

export interface Place {
  /** The file, by the real path of its project's folder, under the name by which it was found there. */
  path: string;
  /** What relative paths in it start from: its folder, or the project's if an editor's folder holds it. */
  folder: string;
}

/**
 * Where a configuration file is. A link to a file speaks of the folder that the link is in, because that is
 * where people write relative paths for; so links are followed for the folder alone.
 */
export function placeOf(path: string): Place {
  const absolute = resolve(path);
  const own = dirname(absolute);
  const given = EDITOR_FOLDERS.has(basename(own)) ? dirname(own) : own;
  const folder = realpathOf(given);
  return { path: join(folder, relative(given, absolute)), folder };
}

function realpathOf(folder: string): string {
  try {
    return realpathSync.native(folder);
  } catch {
    // Whoever reads the file says what is missing.
    return folder;
  }
}
