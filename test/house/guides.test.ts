import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { User } from '../cli/support.js';
import { runUntilItSpeaks } from '../support/run.js';
import { type CodeBlock, codeBlocks, exampleOf, kindOf, readMark } from './codeBlocks.js';
import { compile, ExampleProject, root } from './exampleProject.js';
import { markdownFiles } from './links.js';
import { shellFlaws } from './shellCommands.js';

/** Texts that are made from what is compiled and tested itself. */
const isGenerated = (file: string) => /^docs\/(api|machines)\//.test(file);

const blocks = markdownFiles(root)
  .filter((file) => !isGenerated(file))
  .flatMap((file) => codeBlocks(file, readFileSync(join(root, file), 'utf8')));
const modules = blocks.filter((block) => kindOf(block) === 'module');
const scripts = blocks.filter((block) => kindOf(block) === 'shell');

const at = ({ file, line }: CodeBlock) => `${file}:${line}`;

const { scripts: npmScripts, ...manifest } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const npm = {
  scripts: Object.keys(npmScripts),
  packages: [
    manifest.name,
    ...Object.keys({ ...manifest.peerDependencies, ...manifest.dependencies, ...manifest.devDependencies }),
  ],
};

describe('the code in the texts', () => {
  test('has a mark, each its own', () => {
    expect(modules.length).toBeGreaterThan(5);
    expect(modules.filter(({ mark }) => mark === undefined).map(at)).toEqual([]);
    const names = blocks.flatMap(({ file, mark }) => (mark === undefined ? [] : [`${file} ${mark.name}`]));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test('compiles', async () => {
    expect(await compile(modules.filter(({ mark }) => mark !== undefined))).toEqual([]);
  }, 60_000);

  test('is run, but for what needs something that only its reader has', () => {
    const unrun = modules.filter(
      ({ mark }) => mark !== undefined && !mark.isRun && mark.runBy === undefined && mark.as === undefined,
    );
    expect(unrun.map(({ file, mark }) => `${file} ${mark?.name}`)).toEqual([
      // A browser and a user.
      'docs/authorization.md embed',
      // An adapter of one's own.
      'docs/certify.md stories',
      // A configuration at a path of its reader's.
      'docs/daemon.md embed',
      // A connection that is there already.
      'docs/inspect.md attach',
    ]);
  });

  test('is run by the tests that it names', () => {
    const wrong = blocks
      .filter(({ mark }) => mark?.runBy !== undefined)
      .filter(({ mark }) => {
        const path = join(root, mark?.runBy ?? '');
        return !existsSync(path) || !readFileSync(path, 'utf8').includes(`'${mark?.name}'`);
      });
    expect(wrong.map(at)).toEqual([]);
  });

  test('for the shell is of commands that there are', () => {
    expect(scripts.length).toBeGreaterThan(3);
    const flaws = scripts
      .filter(({ mark }) => mark?.runBy === undefined)
      .flatMap((block) => shellFlaws(block.code, npm).map((flaw) => `${at(block)}: ${flaw}`));
    expect(flaws).toEqual([]);
  });
});

describe('an example', () => {
  const run = blocks.filter(({ mark }) => mark?.isRun);
  let project: ExampleProject;

  beforeAll(async () => {
    project = await ExampleProject.create(modules.filter(({ mark }) => mark !== undefined));
  }, 120_000);

  afterAll(() => project.remove());

  test.each(run.map((block) => [at(block), block] as const))(
    '%s runs as it stands there',
    async (_, block) => {
      const user = new User({ path: '' });
      const { stdout, stderr } = await project.run(block, {
        ...user.env,
        XDG_CONFIG_HOME: '',
        NO_COLOR: '1',
      });
      if (block.prints !== undefined) expect(stdout.trimEnd()).toBe(block.prints.trimEnd());
      // What says nothing shows nothing.
      else expect(stdout).not.toBe('');
      // What a shell's command reports on the way stands there; a program has nothing to complain of.
      if (kindOf(block) === 'module') expect(stderr).toBe('');
    },
    60_000,
  );
});

describe('what is wrong is found:', () => {
  const block = (code: string, mark = 'wrong'): CodeBlock => {
    const [found] = codeBlocks('text.md', `<!-- example: ${mark} -->\n\n\`\`\`ts\n${code}\n\`\`\`\n`);
    if (found === undefined) throw new Error('there is no block');
    return found;
  };

  test('an example that asks for what is not there', async () => {
    const said = await compile([
      block(`import { ConnectionManager } from 'mcp-lifeline';\nConnectionManager.nothing();`),
    ]);
    expect(said.join()).toContain("Property 'nothing' does not exist");
  }, 60_000);

  test('a block without a mark, and one whose mark means nothing', () => {
    const [bare] = codeBlocks('text.md', '<!-- example: one -->\nText.\n\n```ts\nlet a;\n```\n');
    expect(bare?.mark).toBeUndefined();
    expect(() => readMark('one, runs')).toThrow('says "runs", which means nothing');
    expect(readMark('one, with files, run by test/a.test.ts, as a.ts')).toEqual({
      name: 'one',
      isRun: false,
      stays: false,
      runBy: 'test/a.test.ts',
      with: 'files',
      as: 'a.ts',
    });
  });

  test('a fragment is compiled with what the text declares for it', async () => {
    const fragment = (context: string) => {
      const [found] = codeBlocks(
        'text.md',
        `<!-- context: files\n${context}\n-->\n\n<!-- example: one, with files -->\n\`\`\`ts\nawait files.connect();\n\`\`\`\n`,
      );
      if (found === undefined) throw new Error('there is no block');
      return compile([found]);
    };
    const declared = `import type { ConnectionManager } from 'mcp-lifeline';\ndeclare const files: ConnectionManager;`;
    expect(await fragment(declared)).toEqual([]);
    expect((await fragment('export {};')).join()).toContain("Cannot find name 'files'");
    expect(() => codeBlocks('text.md', '<!-- example: one, with none -->\n```ts\n```\n')).toThrow(
      'text.md has no context none for the example one',
    );
  }, 60_000);

  test('an example that is to stay, and ends by itself', async () => {
    const ending = runUntilItSpeaks(process.execPath, [
      '-e',
      'process.on("SIGTERM", () => process.exit(3)); setInterval(() => {}, 1e6); console.log(1)',
    ]);
    await expect(ending).rejects.toThrow('ended with code 3');
  });

  test('an example that a test asks for and the text has not', () => {
    const text =
      '```ts\nbefore();\n```\n\n<!-- example: one, run -->\n```ts\nmeant();\n```\n\n<!-- example: two -->\n';
    expect(exampleOf('text.md', text, 'one')).toBe('meant();\n');
    for (const name of ['two', 'three']) {
      expect(() => exampleOf('text.md', text, name)).toThrow(`text.md has no example ${name}`);
    }
  });

  test('what a block prints is the text right behind it', () => {
    const text =
      '<!-- example: a, run -->\n```sh\nls\n```\n\n```text\na.md\n```\n\nMore.\n\n```text\nno\n```\n';
    expect(codeBlocks('text.md', text).map(({ prints }) => prints)).toEqual(['a.md\n', undefined, undefined]);
  });

  test.each([
    ['lifeline cal demo echo', 'there is no command cal'],
    ['npx lifeline tools --watch', 'tools has no --watch'],
    ['lifeline ping a b', 'ping takes 1 arguments'],
    ['lifeline status --wach', 'unknown option --wach'],
    ['npm run nothing', 'there is no script nothing'],
    ['npm install left-pad', 'left-pad is none of ours'],
    ['echo 1 | lifeline nothing', 'there is no command nothing'],
    ['eval "$(lifeline complete bash)"', 'there is no command complete'],
    ['curl http://example.com', 'no command that is known here'],
  ])('%s', (line, flaw) => {
    expect(shellFlaws(line, npm).join()).toContain(flaw);
  });

  test.each([
    `A=1 lifeline call demo echo text='a # b' > out.txt  # and what it means`,
    'npm ci && npm start -- --json',
    'eval "$(lifeline completion bash)"',
    'npm install elkjs xstate',
  ])('nothing in: %s', (line) => {
    expect(shellFlaws(line, npm)).toEqual([]);
  });
});
