// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as configuration files have them
/** What the daemon makes of configurations, as commands see it. */
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { buildCommand, User } from '../cli/support.js';
import { faultyServer } from '../support/faultyServer.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const command = buildCommand();
const program = (more: object = {}) => ({ command: process.execPath, args: [faultyServer], ...more });

test('a variable that is not set is a matter of its server alone', async () => {
  const user = new User(command);
  const path = user.configure({
    good: program(),
    bad: program({ env: { TOKEN: '${TOKEN_OF_BAD}' } }),
  });
  const message = `${path}:1: mcpServers.bad.env.TOKEN: found no variable TOKEN_OF_BAD in the environment`;
  const told = expect.stringContaining(message);

  expect(await user.lifeline(['call', 'good', 'echo', 'text=hi'])).toMatchObject({ code: 0, stdout: 'hi\n' });
  for (const own of [[], ['--no-daemon']]) {
    const { code, stdout } = await user.lifeline(['call', 'bad', 'echo', '--json', ...own]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'CONFIG_INVALID', server: 'bad', message: told },
    });
  }
  expect(await user.lifeline(['ping', 'bad'])).toMatchObject({ code: 1, stderr: told });
  expect(await user.lifeline(['restart', 'bad'])).toMatchObject({ code: 1, stderr: told });
  const { stdout: status } = await user.lifeline(['status', '--json']);
  expect(JSON.parse(status)).toMatchObject({
    servers: [
      { name: 'good', error: null, status: 'connected' },
      { name: 'bad', error: { code: 'CONFIG_INVALID', message: told }, status: 'disconnected' },
    ],
  });
  expect((await user.lifeline(['status'])).stdout).toContain(message);
  const { code, stdout: examined } = await user.lifeline(['doctor', '--json']);
  expect(code).toBe(1);
  const findings: { check: string; status: string; text: string }[] = JSON.parse(examined);
  expect(findings.find(({ check }) => check === 'server good')).toMatchObject({ status: 'ok' });
  expect(findings.find(({ check }) => check === 'server bad')).toMatchObject({ status: 'error', text: told });

  // A caller who has the variable means another daemon, for whom all is well.
  const env = { TOKEN_OF_BAD: 'set' };
  expect(await user.lifeline(['call', 'bad', 'echo', 'text=hi'], { env })).toMatchObject({ code: 0 });
  expect(user.daemons).toHaveLength(2);
  expect(user.logs).toContain(`without a server: ${message}`);
});

test('a server has the variables that were declared for it, and no file of the daemon’s', async () => {
  const user = new User(command);
  user.configure({ one: program({ env: { DECLARED: '${OF_THE_CALLER}' } }) });
  const env = { OF_THE_CALLER: 'declared', OTHER: 'not declared', NODE_OPTIONS: '--no-warnings' };
  const { stdout } = await user.lifeline(['call', 'one', 'environment'], { env });
  const { MCP_LIFELINE_DAEMON: mark, ...rest } = JSON.parse(stdout);
  expect(mark).toMatch(/^[0-9a-f]{32}$/);
  const known = [
    'HOME',
    'LOGNAME',
    'PATH',
    'SHELL',
    'TERM',
    'USER',
    'DECLARED',
    'PWD',
    'OLDPWD',
    'SHLVL',
    '_',
  ];
  expect(Object.keys(rest).filter((name) => !known.includes(name))).toEqual([]);
  expect(rest).toMatchObject({ DECLARED: 'declared' });

  const [daemon = 0] = user.daemons;
  const server = Number((await user.lifeline(['call', 'one', 'pid'], { env })).stdout);
  const shared = filesOf(server).filter((file) => filesOf(daemon).includes(file));
  expect(shared).toEqual([]);
  // The socket that listens, and the log, are among those of the daemon.
  expect(filesOf(daemon).some((file) => file.endsWith('.log'))).toBe(true);

  // Everybody can read the arguments of a process.
  expect(readFileSync(`/proc/${daemon}/cmdline`, 'utf8')).not.toMatch(/[0-9a-f]{32}/);
});

test('a daemon that shall leave as soon as nobody is there waits for the command that starts it', async () => {
  const user = new User(command);
  user.configure({ one: program() });
  const env = { MCP_LIFELINE_IDLE_TIMEOUT: '1' };
  for (const text of ['first', 'second', 'third']) {
    const { code, stdout } = await user.lifeline(['call', 'one', 'echo', `text=${text}`], { env });
    expect([code, stdout]).toEqual([0, `${text}\n`]);
  }
  await user.logged('daemon: over: idle');
});

test('a daemon that starts removes what nobody has used for long, and nothing of its own', async () => {
  const user = new User(command);
  const config = user.configure({ one: program() });
  await user.lifeline(['up', '--config', config]);
  await user.lifeline(['down', '--config', config]);
  const old = readdirSync(user.runtime);
  const then = Date.now() / 1000 - 2 * 24 * 60 * 60;
  for (const name of old) utimesSync(join(user.runtime, name), then, then);
  user.configure({ one: program(), two: program() });
  expect(await user.lifeline(['call', 'two', 'echo', 'text=hi'])).toMatchObject({ code: 0 });
  await user.logged('daemon: removed the files of');
  const left = readdirSync(user.runtime);
  expect(left.filter((name) => old.includes(name))).toEqual([]);
  expect(left.map((name) => name.replace(/^\w+/, '')).sort()).toEqual([
    '.children',
    '.lock',
    '.log',
    '.sock',
    '.token',
    '.version',
  ]);
});

test('a daemon needs nothing of its package any more, which may be installed anew meanwhile', async () => {
  const home = mkdtempSync(join(tmpdir(), 'lifeline-package-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const [dist, modules] = [join(home, 'dist'), join(home, 'node_modules')];
  cpSync(dirname(dirname(command.path)), dist, { recursive: true });
  symlinkSync(join(root, 'node_modules'), modules);
  const user = new User({ path: join(dist, 'cli', 'lifeline.cjs') });
  user.configure({ one: program(), two: { url: 'http://127.0.0.1:9/mcp', retryPolicy: false } });
  expect(await user.lifeline(['up'])).toMatchObject({ code: 0 });
  rmSync(modules);
  expect(await user.lifeline(['call', 'one', 'echo', 'text=hi'])).toMatchObject({ code: 0, stdout: 'hi\n' });
  const { stderr } = await user.lifeline(['call', 'two', 'echo']);
  expect(stderr).toContain('the connection to http://127.0.0.1:9/mcp failed');
});

/** Sockets, pipes and files that a process holds, each by what is its own. */
function filesOf(pid: number): string[] {
  const files = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      // Closed meanwhile: the process lives on.
      return [];
    }
  });
  return files.filter((file) => !/^(anon_inode:|\/dev\/)/.test(file));
}
