/** The command, run as people run it. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { PACKAGE } from '../../src/package.js';
import { faultyServer } from '../support/faultyServer.js';
import { buildCommand, User } from './support.js';

const command = buildCommand();
const program = (...args: string[]) => ({ command: process.execPath, args: [faultyServer, ...args] });

describe('without any configuration', () => {
  test('there is a server to try things with', async () => {
    const user = new User(command);
    expect(await user.lifeline(['call', 'demo', 'echo', 'text=hi'])).toMatchObject({
      code: 0,
      stdout: 'hi\n',
    });
    expect(await user.lifeline(['call', 'demo/add', 'a=1', 'b=2', '--json'])).toMatchObject({
      code: 0,
      stdout: `${JSON.stringify({ content: [{ type: 'text', text: '3' }], structuredContent: { sum: 3 } })}\n`,
    });
    const { stdout } = await user.lifeline(['tools', 'demo']);
    expect(stdout).toContain('demo\techo\tSays what it is told.\n');
    expect(await user.lifeline(['read', 'demo', 'demo://greeting'])).toMatchObject({
      stdout: 'Hello from the demo server.\n',
    });
    expect(await user.lifeline(['prompt', 'demo', 'greet', 'name=Ada'])).toMatchObject({
      stdout: 'user: Greet Ada.\n',
    });
    const servers = await user.lifeline(['servers', '--json']);
    expect(JSON.parse(servers.stdout)).toMatchObject({
      source: 'demo',
      servers: [{ name: 'demo', status: 'connected', health: { status: 'healthy' } }],
    });
    expect(user.daemons).toHaveLength(1);
  });

  test('nothing is started to look, or to end what is not there', async () => {
    const user = new User(command);
    expect(await user.lifeline(['status', '--json'])).toMatchObject({
      code: 0,
      stdout: '{"running":false}\n',
    });
    expect(await user.lifeline(['stats', '--json'])).toMatchObject({
      code: 0,
      stdout: '{"running":false}\n',
    });
    expect(await user.lifeline(['down', '--json'])).toMatchObject({
      code: 0,
      stdout: '{"wasRunning":false}\n',
    });
    expect(user.daemons).toEqual([]);
  });
});

describe('exit codes', () => {
  test('tell a command line that cannot be carried out (1)', async () => {
    const user = new User(command);
    for (const [words, message] of [
      [['cal', 'demo'], 'unknown command "cal"; did you mean call?'],
      [['call', 'demo', 'echo', '--jso'], 'unknown option --jso; did you mean --json?'],
      [['call', 'demo'], 'call needs a tool'],
      [['down', 'demo'], 'found "demo", expected nothing more'],
      [['down', '--watch'], 'down has no option --watch'],
      [['call', 'dmo', 'echo'], 'did you mean demo?'],
      [['tools', 'demo', 'ech'], 'did you mean echo?'],
      [['tools', '--config', 'none.json'], 'none.json'],
    ] as const) {
      const { code, stdout, stderr } = await user.lifeline(words);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(message);
      expect(stderr).not.toContain('    at ');
    }
  });

  test('tell an answer that is an error (2)', async () => {
    const user = new User(command);
    expect(await user.lifeline(['call', 'demo', 'fail'])).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: 'this tool always fails\n',
    });
    const unknown = await user.lifeline(['call', 'demo', 'ech']);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain('demo has no tool "ech"; did you mean echo?');
    const { code, stdout } = await user.lifeline(['call', 'demo', 'fail', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ isError: true });
  });

  test('tell a server that cannot be connected to (3)', async () => {
    const user = new User(command);
    const retryPolicy = { initialAttempts: 1 };
    user.configure({ gone: { ...program('--exit', '7'), retryPolicy } });
    const { code, stdout, stderr } = await user.lifeline(['call', 'gone', 'echo', '--json']);
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'PROCESS_EXITED', server: 'gone', exitCode: 3 },
    });
  });

  test('tell a call that takes too long (5)', async () => {
    const user = new User(command);
    await user.lifeline(['up']);
    const { code, stderr } = await user.lifeline(['call', 'demo', 'slow', 'seconds=600', '--timeout', '500']);
    expect(code).toBe(5);
    expect(stderr).toMatch(/^lifeline: demo: not (?:answered|ready) within \d+ ms[^\n]*\n$/);
  });
});

describe('a tool that the configuration does not allow', () => {
  test('is neither listed nor called', async () => {
    const user = new User(command);
    user.configure({ real: { ...program(), disabledTools: ['ex*'] } });
    const { stdout } = await user.lifeline(['tools', 'real']);
    expect(stdout).toContain('real\techo');
    expect(stdout).not.toContain('exit');
    expect(await user.lifeline(['call', 'real', 'exit'])).toMatchObject({ code: 1 });
  });
});

describe("a project's configuration", () => {
  test('is used when it is trusted, as it was then', async () => {
    const user = new User(command);
    const file = join(user.project, '.mcp.json');
    writeFileSync(file, JSON.stringify({ mcpServers: { real: program() } }));
    const refused = await user.lifeline(['call', 'real', 'echo', 'text=a']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('lifeline trust');
    expect(user.daemons).toEqual([]);

    expect(await user.lifeline(['trust'])).toMatchObject({ code: 1 });
    const shown = await user.lifeline(['trust', '--yes']);
    expect(shown.stdout).toContain(`runs ${process.execPath}`);
    expect(await user.lifeline(['call', 'real', 'echo', 'text=a'])).toMatchObject({ code: 0, stdout: 'a\n' });

    writeFileSync(file, `${readFileSync(file, 'utf8')}\n`);
    const changed = await user.lifeline(['call', 'real', 'echo', 'text=a']);
    expect(changed).toMatchObject({ code: 1 });
    expect(changed.stderr).toContain('has changed');
  });

  test('is forgotten also when it is broken, or gone', async () => {
    const user = new User(command);
    const file = join(user.project, '.mcp.json');
    const text = JSON.stringify({ mcpServers: { real: program() } });
    for (const ruin of [() => writeFileSync(file, '{'), () => rmSync(file)]) {
      writeFileSync(file, text);
      expect(await user.lifeline(['trust', '--yes'])).toMatchObject({ code: 0 });
      ruin();
      const forgotten = await user.lifeline(['trust', file, '--forget', '--json']);
      expect(forgotten).toMatchObject({ code: 0 });
      expect(JSON.parse(forgotten.stdout)).toEqual({ path: file, trusted: false, wasKnown: true });
    }
  });

  test('is used when it is named', async () => {
    const user = new User(command);
    const path = user.configure({ real: program() }, 'project/.mcp.json');
    const words = ['call', 'real', 'echo', 'text=a'];
    expect(await user.lifeline([...words, '--config', path])).toMatchObject({ code: 0 });
    expect(await user.lifeline(words, { env: { MCP_LIFELINE_CONFIG: path } })).toMatchObject({ code: 0 });
    expect(user.daemons).toHaveLength(1);
  });
});

describe('without a daemon', () => {
  test('a call has its servers for itself', async () => {
    const user = new User(command);
    const answer = await user.lifeline(['call', 'demo', 'echo', 'text=hi', '--no-daemon']);
    expect(answer).toMatchObject({ code: 0, stdout: 'hi\n' });
    const unknown = await user.lifeline(['call', 'dmo', 'echo', '--no-daemon']);
    expect(unknown).toMatchObject({ code: 1 });
    expect(unknown.stderr).toContain('did you mean demo?');
    expect(user.daemons).toEqual([]);
  });
});

describe('what a server says', () => {
  test('row 61: cannot write on the terminal as it likes', async () => {
    const user = new User(command);
    const text = 'one\n\ttwo \u001b[31mred\u202e\u0007';
    const args = JSON.stringify({ text });
    expect(await user.lifeline(['call', 'demo', 'echo', args])).toMatchObject({
      stdout: 'one\n\ttwo \\x1b[31mred\\u{202e}\\x07\n',
    });
    const { stdout } = await user.lifeline(['call', 'demo', 'echo', '-', '--json'], { input: args });
    expect(stdout).toMatch(/^[\x20-\x7e]*\n$/);
    expect(JSON.parse(stdout)).toEqual({ content: [{ type: 'text', text }] });
  });
});

describe('a daemon in the foreground', () => {
  test('serves until a signal, and says its log', async () => {
    const user = new User(command);
    const { child, ended } = user.start(['up', '--foreground']);
    const serving = new Promise<void>((resolve) => {
      child.stderr.on('data', (chunk: string) => {
        if (chunk.includes('serving')) resolve();
      });
    });
    await serving;
    expect(user.daemons).toEqual([child.pid]);
    expect(await user.lifeline(['call', 'demo', 'echo', 'text=hi'])).toMatchObject({ code: 0 });
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, stdout: '' });
  });
});

describe('the other commands', () => {
  test('find out what is in order', async () => {
    const user = new User(command);
    user.configure({ real: program(), gone: { ...program('--exit', '7'), retryPolicy: false } });
    const { code, stdout } = await user.lifeline(['doctor', '--json']);
    expect(code).toBe(3);
    const findings: { check: string; status: string }[] = JSON.parse(stdout);
    expect(findings.map(({ check, status }) => `${check}: ${status}`)).toEqual([
      'node: ok',
      'configuration: ok',
      'runtime directory: ok',
      'daemon: ok',
      'server real: ok',
      'server gone: error',
    ]);
    expect(user.daemons).toEqual([]);
  });

  test('show a tool, named in either way', async () => {
    const user = new User(command);
    const { stdout } = await user.lifeline(['tools', 'demo', 'add']);
    expect(stdout).toBe('demo/add\nAdds two numbers.\na\tnumber\trequired\t\nb\tnumber\trequired\t\n');
    expect(await user.lifeline(['tools', 'demo/add'])).toMatchObject({ code: 0, stdout });
  });

  test('draw the charts', async () => {
    const user = new User(command);
    const inAll = async (format: string) =>
      (
        await Promise.all(
          ['connection', 'pool', 'poolentry', 'DAEMON'].map((name) =>
            user.lifeline(['graph', name, '--format', format]),
          ),
        )
      ).map(({ code, stdout }) => (code === 0 ? stdout : `failed with ${code}`));
    for (const said of await inAll('mermaid')) expect(said).toMatch(/^stateDiagram-v2\n.*\n$/s);
    for (const said of await inAll('table')) expect(said).toMatch(/^\| state \|.*\|\n$/s);
    for (const said of await inAll('svg')) expect(said).toMatch(/^<svg .*<\/svg>\n$/s);
    for (const said of await inAll('json')) expect(JSON.parse(said).transitions.length).toBeGreaterThan(4);
    expect(new Set(await inAll('json')).size).toBe(4);
    expect(await user.lifeline(['graph'])).toEqual(await user.lifeline(['graph', 'connection']));
    const { stdout } = await user.lifeline(['graph', 'daemon']);
    expect(stdout).toMatch(/^stateDiagram-v2\n/);
    const { stderr } = await user.lifeline(['graph', 'daemn']);
    expect(stderr).toContain('did you mean daemon?');
  });

  test('help, and say the version', async () => {
    const user = new User(command);
    const general = await user.lifeline(['--help']);
    expect(general).toMatchObject({ code: 0, stderr: '' });
    const { stdout } = await user.lifeline(['call', '--help']);
    expect(stdout).toContain('key:=json');
    expect(await user.lifeline(['--version'])).toMatchObject({ code: 0, stdout: `${PACKAGE.version}\n` });
    expect(await user.lifeline([])).toMatchObject({ code: 1 });
    for (const name of Object.keys(COMMANDS)) expect(general.stdout).toContain(`  ${name} `);
  });

  test('tell what happened, and restart a server', async () => {
    const user = new User(command);
    user.configure({ real: program() });
    const before = await user.lifeline(['call', 'real', 'pid']);
    expect(await user.lifeline(['restart', 'real'])).toMatchObject({ code: 0 });
    const after = await user.lifeline(['call', 'real', 'pid']);
    expect(after.code).toBe(0);
    expect(after.stdout).not.toBe(before.stdout);
    expect((await user.lifeline(['logs'])).stdout).toContain('real: connected');
    const stats = JSON.parse((await user.lifeline(['stats', '--json'])).stdout);
    expect(stats).toMatchObject({ running: true, servers: [{ name: 'real', status: 'connected' }] });
    const ping = JSON.parse((await user.lifeline(['ping', '--json'])).stdout);
    expect(ping).toMatchObject([{ server: 'real', health: { status: 'healthy' } }]);
  });
});

test('servers and tools may have slashes in their names', async () => {
  const user = new User(command);
  user.configure({ '@acme': program(), '@acme/files': program() });
  const said = { code: 0, stdout: 'hi\n' };
  expect(await user.lifeline(['call', '@acme/files/echo', 'text=hi'])).toMatchObject(said);
  expect(await user.lifeline(['call', '@acme/files', 'echo', 'text=hi'])).toMatchObject(said);
  expect(await user.lifeline(['call', '@acme/echo', 'text=hi'])).toMatchObject(said);
  const all = await user.lifeline(['tools', '@acme/files', '--json']);
  expect(JSON.parse(all.stdout)).toMatchObject([{ server: '@acme/files', tools: expect.anything() }]);
  for (const word of ['@acme/files/echo', '@acme/echo']) {
    const one = await user.lifeline(['tools', word, '--json']);
    expect(JSON.parse(one.stdout)).toMatchObject({ name: 'echo' });
  }
});

describe('the directory for the daemon’s files', () => {
  test('is another where the system’s is not there', async () => {
    const user = new User(command);
    const env = { MCP_LIFELINE_RUNTIME_DIR: '', XDG_RUNTIME_DIR: '/no/such/directory', TMPDIR: user.home };
    const called = await user.lifeline(['call', 'demo', 'echo', 'text=hi'], { env });
    expect(called).toMatchObject({ code: 0, stdout: 'hi\n' });
    expect(await user.lifeline(['down'], { env })).toMatchObject({ stderr: 'the daemon is gone\n' });
  });

  test('that cannot be made is told with its variable', async () => {
    const user = new User(command);
    const env = { MCP_LIFELINE_RUNTIME_DIR: '/no/such/directory' };
    const { code, stderr } = await user.lifeline(['call', 'demo', 'echo', 'text=hi'], { env });
    expect(code).toBe(1);
    expect(stderr).toContain(
      'lifeline: MCP_LIFELINE_RUNTIME_DIR: found "/no/such/directory", expected a directory',
    );
  });
});

test.each([['-jt'], ['-yjt'], ['-j', '-t']])(
  'an error of a command line with %j is JSON',
  async (...options) => {
    const user = new User(command);
    const { code, stdout, stderr } = await user.lifeline(['tools', ...options, 'soon']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE' } });
  },
);

test('up --foreground beside a daemon is an error that names it, and takes no --json', async () => {
  const user = new User(command);
  await user.lifeline(['up']);
  const [pid] = user.daemons;
  expect(await user.lifeline(['up', '--foreground'])).toMatchObject({
    code: 3,
    stderr: `lifeline: process ${pid} is the daemon already\n`,
  });
  expect(await user.lifeline(['status', '--json'])).toMatchObject({
    stdout: expect.stringContaining(`"pid":${pid}`),
  });
  const { code, stdout } = await user.lifeline(['up', '--foreground', '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE' } });
});
