import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run, runOrThrow } from '../support/run.js';
import { exported } from './exported.js';
import { readSources, staticallyReached } from './importGraph.js';
import { importsOf, isBare, packageOf } from './imports.js';
import { loadsWhatUsersName, nodeOnly } from './layers.js';
import { brokenLinks, markdownFiles } from './links.js';
import { installOffline, type Packed, pack, runReadmeExample } from './packed.js';

/** What a reader of the README has besides the package: a compiler and a server to talk to. */
const guests = ['typescript', '@types/node', '@modelcontextprotocol/server-everything'];

describe('the packed package, in an empty project', () => {
  const home = mkdtempSync(join(tmpdir(), 'mcp-lifeline-packed-'));
  let packed: Packed;

  beforeAll(async () => {
    packed = await pack(home);
    await installOffline(packed, guests);
  }, 120_000);

  afterAll(() => {
    rmSync(home, { recursive: true, force: true });
  });

  test('holds the build, its sources and the texts, and nothing else', () => {
    const files = readdirSync(packed.installed);
    const texts = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md'];
    const expected = [...texts, 'dist', 'docs', 'machines', 'package.json', 'src'];
    expect(files.sort()).toEqual(expected);
    expect(readdirSync(join(packed.installed, 'dist')).sort()).toEqual(['cli', 'machines', 'src']);
    const rooms = readdirSync(join(packed.installed, 'dist', 'src'));
    expect(rooms).toContain('connection');
    expect(rooms.filter((room) => room === 'testing' || room === 'tour')).toEqual([]);
  });

  test.each(Object.entries(exported))(
    'loads %s under plain Node, which exports what it promises',
    async (entry, names) => {
      const program = `console.log(JSON.stringify(Object.keys(await import('${entry}'))))`;
      const { stdout } = await runOrThrow(process.execPath, ['--input-type=module', '-e', program], {
        cwd: packed.project,
      });
      expect(JSON.parse(stdout)).toEqual(names);
    },
  );

  test('has texts that link to nothing outside of it', () => {
    const files = markdownFiles(packed.installed);
    expect(files).toContain('README.md');
    expect(brokenLinks(packed.installed, files)).toEqual([]);
  });

  test('lets nobody import a file of its own by path', async () => {
    const program = "await import('mcp-lifeline/dist/src/index.js')";
    const { stderr } = await run(process.execPath, ['--input-type=module', '-e', program], {
      cwd: packed.project,
    });
    expect(stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  test('declares every package that it imports', () => {
    const declared = Object.keys({ ...packed.manifest.dependencies, ...packed.manifest.peerDependencies });
    const imported = [...readSources(packed.installed, ['dist'], '.js')]
      .filter(([file]) => !loadsWhatUsersName(file))
      .flatMap(([file, source]) => importsOf(file, source))
      .map(({ specifier }) => specifier ?? 'an expression')
      .filter((specifier) => isBare(specifier) && !specifier.startsWith('node:'))
      .map(packageOf);
    expect(imported).toContain('xstate');
    expect([...new Set(imported)].filter((name) => !declared.includes(name))).toEqual([]);
  });

  test('has an entry that loads in a browser', () => {
    const sources = readSources(packed.installed, ['dist'], '.js');
    expect(nodeOnly(staticallyReached('dist/src/index.js', sources))).toEqual([]);
  });

  test('brings the command, which works without any configuration', async () => {
    const user = mkdtempSync(join(tmpdir(), 'lifeline-'));
    const env = { HOME: user, XDG_CONFIG_HOME: '', MCP_LIFELINE_RUNTIME_DIR: join(user, 'run') };
    const lifeline = (...args: string[]) =>
      runOrThrow(join(packed.project, 'node_modules/.bin/lifeline'), args, { cwd: user, env });
    try {
      expect(await lifeline('call', 'demo', 'echo', 'text=hi')).toMatchObject({ stdout: 'hi\n' });
    } finally {
      await lifeline('down');
      rmSync(user, { recursive: true });
    }
  });

  test.for([
    { name: 'embed', said: 'tools, health: healthy' },
    { name: 'pool', said: '1 of 1 connections healthy' },
  ])(
    'runs the example $name of the README as it stands there',
    { timeout: 60_000 },
    async ({ name, said }, { signal }) => {
      expect(await runReadmeExample(packed, name, signal)).toContain(said);
    },
  );
});
