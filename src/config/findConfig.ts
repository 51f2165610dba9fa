import { lstatSync, type Stats, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileError } from './configFileError.js';
import { placeOf, type Surroundings, userConfigPath } from './places.js';
import { describeFailure, kindOfFile } from './readConfigText.js';

/** Who chose the file: an option, a variable, the project one is in, or the user beforehand. */
export type ConfigSource = 'flag' | 'environment' | 'project' | 'user';

export interface FoundConfig {
  /** Absolute, its folders' links followed. */
  path: string;
  source: ConfigSource;
}

/** Names the file where no option does. */
const CONFIG_VARIABLE = 'MCP_LIFELINE_CONFIG';
const PROJECT_FILE = '.mcp.json';

export interface ConfigSearch extends Surroundings {
  /** Value of `--config`, if it was given. */
  flag?: string | undefined;
  /** The working directory. */
  cwd: string;
}

/**
 * The configuration that holds here: the one that `--config` names, or else `MCP_LIFELINE_CONFIG`, the
 * nearest `.mcp.json` from the working directory upwards, the user's own. Null when there is none.
 *
 * @throws ConfigFileError when one was named and is not there
 */
export function findConfig(search: ConfigSearch): FoundConfig | null {
  const { flag, env, cwd } = search;
  if (flag !== undefined) return named(flag, cwd, 'flag', '--config');
  const variable = env[CONFIG_VARIABLE];
  // Set to nothing is how people unset variables.
  if (variable !== undefined && variable !== '') return named(variable, cwd, 'environment', CONFIG_VARIABLE);
  const project = findUpwards(resolve(cwd));
  if (project !== null) return { path: placeOf(project).path, source: 'project' };
  const user = userConfigPath(search);
  const found = fileAt(user);
  if (found === null) return null;
  checkOwnership(user, found);
  const { status } = found;
  // Nobody is asked about this one: whoever can write it starts programs.
  if (process.platform !== 'win32' && (status.mode & 0o002) !== 0) {
    throw fileError(
      user,
      `permissions ${(status.mode & 0o777).toString(8)}`,
      'a file that not everybody can write',
    );
  }
  return { path: placeOf(user).path, source: 'user' };
}

function named(file: string, cwd: string, source: ConfigSource, by: string): FoundConfig {
  if (file === '') throw fileError(by, 'no name', 'the path of a configuration file');
  const path = resolve(cwd, file);
  const expected = `the configuration file that ${by} names`;
  let status: ReturnType<typeof statSync>;
  try {
    status = statSync(path);
  } catch (error) {
    throw fileError(path, describeFailure(error), expected);
  }
  if (!status.isFile()) throw fileError(path, kindOfFile(status), expected);
  return { path: placeOf(path).path, source };
}

/**
 * The nearest one. A stranger's file in a folder in which everybody can put files, such as the one for temporary files,
 * is no project's, and is passed by.
 *
 * @throws ConfigFileError when the project is a stranger's
 */
function findUpwards(from: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, PROJECT_FILE);
    const found = fileAt(path);
    if (found !== null && (found.stranger === undefined || !isOpenToAll(folder))) {
      checkOwnership(path, found);
      return path;
    }
    if (folder === dirname(folder)) return null;
  }
}

function checkOwnership(path: string, { stranger }: Found): void {
  if (stranger === undefined) return;
  throw fileError(
    path,
    `a ${stranger.isSymbolicLink() ? 'link' : 'file'} of user ${stranger.uid}`,
    'one of yours; if you trust its owner, name it with --config',
  );
}

/** The user's, or root's, who can do everything anyway. */
function isOurs({ uid }: Stats): boolean {
  const user = process.geteuid?.();
  return user === undefined || uid === user || uid === 0;
}

function isOpenToAll(folder: string): boolean {
  return (statSync(folder).mode & 0o002) !== 0;
}

interface Found {
  status: Stats;
  /** The link or the file, if it is neither the user's nor root's: who makes a link decides what is found there. */
  stranger: Stats | undefined;
}

function fileAt(path: string): Found | null {
  try {
    // An error for each folder on the way up would be dear.
    const status = statSync(path, { throwIfNoEntry: false });
    if (!status?.isFile()) return null;
    return { status, stranger: [lstatSync(path), status].find((each) => !isOurs(each)) };
  } catch {
    // Nobody named it: what cannot be looked at is not there.
    return null;
  }
}
