import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findConfig } from '../../src/config/findConfig.js';
import { placeOf, trustDirectory, userConfigPath } from '../../src/config/places.js';
import { put, refusal, testFolder } from './support.js';

/** A home and a project in it, and a search from inside the project. */
function scene() {
  const home = testFolder();
  const cwd = join(home, 'project', 'src', 'deep');
  mkdirSync(cwd, { recursive: true });
  const search = { env: {}, home, cwd, platform: process.platform };
  return { home, cwd, project: join(home, 'project'), search };
}

const own = join('.config', 'mcp-lifeline', 'config.json');

describe('the configuration that holds', () => {
  test('is the one that is nearest to the user’s hands', () => {
    const { home, project, cwd, search } = scene();
    expect(findConfig(search)).toBeNull();

    put(join(home, own));
    expect(findConfig(search)).toEqual({ path: join(home, own), source: 'user' });

    put(join(home, '.mcp.json'));
    expect(findConfig(search)).toEqual({ path: join(home, '.mcp.json'), source: 'project' });

    put(join(project, '.mcp.json'));
    expect(findConfig(search)).toEqual({ path: join(project, '.mcp.json'), source: 'project' });

    put(join(cwd, '.mcp.json'));
    expect(findConfig(search)).toEqual({ path: join(cwd, '.mcp.json'), source: 'project' });

    const env = { MCP_LIFELINE_CONFIG: put(join(home, 'a.json')) };
    expect(findConfig({ ...search, env })).toEqual({ path: join(home, 'a.json'), source: 'environment' });

    const flag = put(join(home, 'b.json'));
    expect(findConfig({ ...search, env, flag })).toEqual({ path: join(home, 'b.json'), source: 'flag' });
  });

  test('is named relative to the working directory', () => {
    const { cwd, project, search } = scene();
    put(join(cwd, 'a.json'));
    put(join(project, 'b.json'));
    expect(findConfig({ ...search, flag: 'a.json' })?.path).toBe(join(cwd, 'a.json'));
    const env = { MCP_LIFELINE_CONFIG: '../../b.json' };
    expect(findConfig({ ...search, env })?.path).toBe(join(project, 'b.json'));
  });

  test('is not in what only looks like a file of it', () => {
    const { cwd, project, search } = scene();
    mkdirSync(join(cwd, '.mcp.json'));
    symlinkSync('/nowhere', join(cwd, '..', '.mcp.json'));
    put(join(project, '.mcp.json'));
    expect(findConfig(search)?.path).toBe(join(project, '.mcp.json'));
  });

  test('is not an editor’s, unless it is named', () => {
    const { project, search } = scene();
    put(join(project, '.vscode', 'mcp.json'));
    put(join(project, '.cursor', 'mcp.json'));
    expect(findConfig(search)).toBeNull();
    const flag = join(project, '.vscode', 'mcp.json');
    expect(findConfig({ ...search, flag })).toEqual({ path: flag, source: 'flag' });
  });

  test('is not named by a variable that is set to nothing', () => {
    const { search } = scene();
    expect(findConfig({ ...search, env: { MCP_LIFELINE_CONFIG: '' } })).toBeNull();
  });
});

describe('a configuration that was named', () => {
  test.each([
    ['--config', (path: string) => ({ flag: path })],
    ['MCP_LIFELINE_CONFIG', (path: string) => ({ env: { MCP_LIFELINE_CONFIG: path } })],
  ])('by %s and is not there is an error, whatever else is there', (by, naming) => {
    const { project, search } = scene();
    put(join(project, '.mcp.json'));
    const missing = join(project, 'missing.json');
    const error = refusal(() => findConfig({ ...search, ...naming(missing) }));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.file).toBe(missing);
    expect(error.message).toBe(
      `${missing}: found nothing there, expected the configuration file that ${by} names`,
    );
  });

  test('must be a file', () => {
    const { project, search } = scene();
    expect(refusal(() => findConfig({ ...search, flag: project })).message).toContain('found a folder');
    expect(refusal(() => findConfig({ ...search, flag: '/dev/null' })).message).toContain(
      'found a pipe or a device',
    );
    expect(
      refusal(() => findConfig({ ...search, flag: join(put(join(project, 'a')), 'b') })).message,
    ).toContain('found nothing');
  });

  test('must have a name', () => {
    const { search } = scene();
    expect(refusal(() => findConfig({ ...search, flag: '' })).message).toBe(
      '--config: found no name, expected the path of a configuration file',
    );
  });

  test('is told on one line, whatever it is called', () => {
    const { search } = scene();
    expect(refusal(() => findConfig({ ...search, flag: '/a\n\x1b[31m' })).message).toMatch(
      /^\/a\\n\\x1b\[31m: found/,
    );
  });
});

describe('what somebody else has put there', () => {
  const STRANGER = 54_321;
  // Only root can make something another user's.
  const asRoot = test.runIf(process.geteuid?.() === 0);

  asRoot('is passed by in a folder where everybody can put files, such as /tmp', () => {
    const { home, project, search } = scene();
    const planted = put(join(project, 'src', '.mcp.json'));
    chownSync(planted, STRANGER, STRANGER);
    chmodSync(join(project, 'src'), 0o1777);
    expect(findConfig(search)).toBeNull();
    put(join(home, own));
    expect(findConfig(search)?.source).toBe('user');
    put(join(project, '.mcp.json'));
    expect(findConfig(search)?.path).toBe(join(project, '.mcp.json'));
  });

  asRoot('is also a link to a file of the user’s', () => {
    const { home, project, search } = scene();
    const link = join(project, 'src', '.mcp.json');
    symlinkSync(put(join(home, 'mine.json')), link);
    expect(findConfig(search)?.path).toBe(link);
    lchownSync(link, STRANGER, STRANGER);
    expect(refusal(() => findConfig(search)).message).toContain(`found a link of user ${STRANGER}`);
    chmodSync(join(project, 'src'), 0o1777);
    expect(findConfig(search)).toBeNull();
  });

  asRoot('is refused as a project’s, and nothing is used in its place; named, it is used', () => {
    const { home, project, search } = scene();
    const foreign = put(join(project, '.mcp.json'));
    chownSync(foreign, STRANGER, STRANGER);
    put(join(home, own));
    expect(refusal(() => findConfig(search)).message).toBe(
      `${foreign}: found a file of user ${STRANGER}, expected one of yours; if you trust its owner, name it with --config`,
    );
    expect(findConfig({ ...search, flag: foreign })).toEqual({ path: foreign, source: 'flag' });
  });

  asRoot('is refused as the user’s own', () => {
    const { home, search } = scene();
    const path = put(join(home, own));
    chownSync(path, STRANGER, STRANGER);
    expect(refusal(() => findConfig(search)).message).toContain(`found a file of user ${STRANGER}`);
  });

  test('or can, is refused as the user’s own', () => {
    const { home, search } = scene();
    const path = put(join(home, own));
    chmodSync(path, 0o666);
    expect(refusal(() => findConfig(search)).message).toBe(
      `${path}: found permissions 666, expected a file that not everybody can write`,
    );
    chmodSync(path, 0o664);
    expect(findConfig(search)?.source).toBe('user');
  });
});

describe('where a user’s files are', () => {
  const linux = { env: {}, home: '/home/ada', platform: 'linux' } as const;

  test('follows the XDG variables', () => {
    expect(userConfigPath(linux)).toBe('/home/ada/.config/mcp-lifeline/config.json');
    expect(trustDirectory(linux)).toBe('/home/ada/.local/state/mcp-lifeline/trust');
    const env = { XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s' };
    expect(userConfigPath({ ...linux, env })).toBe('/c/mcp-lifeline/config.json');
    expect(trustDirectory({ ...linux, env })).toBe('/s/mcp-lifeline/trust');
  });

  test('does not follow a relative one', () => {
    const env = { XDG_CONFIG_HOME: 'c', XDG_STATE_HOME: '' };
    expect(userConfigPath({ ...linux, env })).toBe('/home/ada/.config/mcp-lifeline/config.json');
    expect(trustDirectory({ ...linux, env })).toBe('/home/ada/.local/state/mcp-lifeline/trust');
  });

  test('is the same on macOS', () => {
    const mac = { env: {}, home: '/Users/ada', platform: 'darwin' } as const;
    expect(userConfigPath(mac)).toBe('/Users/ada/.config/mcp-lifeline/config.json');
  });

  test('is in the profile on Windows', () => {
    const windows = { env: {}, home: 'C:\\Users\\ada', platform: 'win32' } as const;
    expect(userConfigPath(windows)).toBe('C:\\Users\\ada\\AppData\\Roaming\\mcp-lifeline\\config.json');
    expect(trustDirectory(windows)).toBe('C:\\Users\\ada\\AppData\\Local\\mcp-lifeline\\trust');
    const env = { APPDATA: 'D:\\r', LOCALAPPDATA: 'D:\\l' };
    expect(userConfigPath({ ...windows, env })).toBe('D:\\r\\mcp-lifeline\\config.json');
    expect(trustDirectory({ ...windows, env })).toBe('D:\\l\\mcp-lifeline\\trust');
  });
});

describe('the place of a file', () => {
  test('is by the real path of its folder', () => {
    const home = testFolder();
    put(join(home, 'real', '.mcp.json'));
    symlinkSync('real', join(home, 'link'));
    const place = { path: join(home, 'real', '.mcp.json'), folder: join(home, 'real') };
    expect(placeOf(join(home, 'link', '.mcp.json'))).toEqual(place);
    expect(placeOf(join(home, 'real', '.', '.mcp.json'))).toEqual(place);
  });

  test('is where the link is, if the file is one', () => {
    const home = testFolder();
    put(join(home, 'shared', 'mcp.json'));
    mkdirSync(join(home, 'project'));
    symlinkSync('../shared/mcp.json', join(home, 'project', '.mcp.json'));
    expect(placeOf(join(home, 'project', '.mcp.json'))).toEqual({
      path: join(home, 'project', '.mcp.json'),
      folder: join(home, 'project'),
    });
  });

  test.each(['.vscode', '.cursor'])('starts from the project for a file in its %s', (editor) => {
    const home = testFolder();
    const path = put(join(home, editor, 'mcp.json'));
    expect(placeOf(path)).toEqual({ path, folder: home });
  });

  test('is found where nothing may be looked at', () => {
    const home = testFolder();
    const closed = join(home, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o000);
    expect(placeOf(join(closed, 'in', 'a.json')).path).toBe(join(closed, 'in', 'a.json'));
    chmodSync(closed, 0o700);
  });
});
