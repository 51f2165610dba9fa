import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { everything } from '../support/everythingServer.js';
import { ascent, connection, installed, ProcessMark, RecordingClock } from './support.js';

const home = realpathSync(mkdtempSync(join(tmpdir(), 'mcp-lifeline-integration-')));
writeFileSync(join(home, 'note.txt'), 'read me\n');
const memoryFile = join(home, 'memory.jsonl');

afterAll(() => rmSync(home, { recursive: true }));

interface Peer {
  args: string[];
  env?: { [name: string]: string };
  serverInfo: { name: string; version: string };
  protocolVersion: string;
  /** The capabilities it names, without their parts. */
  features: string[];
  /** A tool that does no harm, its arguments, and what the answer holds. */
  call: [tool: string, args: { [name: string]: unknown }, answer: string];
}

const LATEST = '2025-11-25';

const peers: { [name: string]: Peer } = {
  everything: {
    args: [everything, 'stdio'],
    serverInfo: { name: 'mcp-servers/everything', version: '2.0.0' },
    protocolVersion: LATEST,
    features: ['tools', 'prompts', 'resources', 'logging', 'tasks', 'completions'],
    call: ['get-sum', { a: 2, b: 40 }, 'The sum of 2 and 40 is 42.'],
  },
  filesystem: {
    args: [installed('@modelcontextprotocol/server-filesystem/dist/index.js'), home],
    serverInfo: { name: 'secure-filesystem-server', version: '0.2.0' },
    protocolVersion: LATEST,
    features: ['tools'],
    call: ['read_text_file', { path: join(home, 'note.txt') }, 'read me'],
  },
  memory: {
    args: [installed('@modelcontextprotocol/server-memory/dist/index.js')],
    env: { MEMORY_FILE_PATH: memoryFile },
    serverInfo: { name: 'memory-server', version: '0.6.3' },
    protocolVersion: LATEST,
    features: ['tools', 'resources'],
    call: ['read_graph', {}, 'entities'],
  },
  'sequential-thinking': {
    args: [installed('@modelcontextprotocol/server-sequential-thinking/dist/index.js')],
    serverInfo: { name: 'sequential-thinking-server', version: '2026.8.31' },
    protocolVersion: LATEST,
    features: ['tools'],
    call: [
      'sequentialthinking',
      { thought: 'one', nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 },
      '"thoughtHistoryLength": 1',
    ],
  },
  'time-mcp, which prints a banner on stdout': {
    args: [installed('time-mcp/dist/index.js')],
    serverInfo: { name: 'time-mcp', version: '1.0.6' },
    protocolVersion: LATEST,
    features: ['tools', 'logging'],
    call: ['days_in_month', { date: '2024-02-01' }, '29'],
  },
  'weather-mcp, which ignores the end of its input': {
    args: [installed('@dangahagan/weather-mcp/dist/index.js')],
    serverInfo: { name: 'weather-mcp', version: '1.23.0' },
    protocolVersion: LATEST,
    features: ['tools'],
    // Refused for its missing query, before it asks anybody outside.
    call: ['search_location', {}, 'query'],
  },
  'excel-mcp-server, a program behind a launcher, of an older revision': {
    args: [installed('@negokaz/excel-mcp-server/dist/launcher.js')],
    serverInfo: { name: 'excel-mcp-server', version: '0.12.0-SNAPSHOT-1ff4340' },
    protocolVersion: '2025-03-26',
    features: ['tools'],
    // There is no sheet to look at; it says so.
    call: ['excel_describe_sheets', { fileAbsolutePath: 'none.xlsx' }, "'none.xlsx' is not absolute"],
  },
  'mcp-hello-world': {
    args: [installed('mcp-hello-world/build/stdio.js')],
    serverInfo: { name: 'hello-world', version: '1.0.0' },
    protocolVersion: LATEST,
    features: ['resources', 'prompts', 'tools'],
    call: ['add', { a: 2, b: 40 }, '42'],
  },
};

function peer(name: keyof typeof peers): Peer {
  const found = peers[name];
  if (found === undefined) throw new Error(`no peer ${name}`);
  return found;
}

function connectionTo({ args, env }: Peer, clock = new RecordingClock()) {
  const mark = new ProcessMark();
  const server = { command: process.execPath, args, env: { ...env, ...mark.env } };
  return { mark, clock, ...connection({ server, clock }) };
}

async function answerOf(
  { manager }: ReturnType<typeof connectionTo>,
  [name, args]: Peer['call'],
): Promise<string> {
  return JSON.stringify(await manager.callTool({ name, arguments: args })).replaceAll('\\"', '"');
}

describe.each(Object.entries(peers))('over stdio: %s', (_name, peer) => {
  test('connects, answers, is healthy, and leaves nothing behind', async () => {
    const connected = connectionTo(peer);
    const { manager, mark, states } = connected;
    const info = await manager.connect();
    expect(states()).toEqual(ascent);
    expect(info.serverInfo).toMatchObject(peer.serverInfo);
    expect(info.protocolVersion).toBe(peer.protocolVersion);
    expect(info.negotiatedFeatures.filter((feature) => !feature.includes('.')).sort()).toEqual(
      [...peer.features].sort(),
    );
    expect(mark.pids.length).toBeGreaterThan(0);

    const [tool, , answer] = peer.call;
    const { tools } = await manager.listTools();
    expect(tools.map(({ name }) => name)).toContain(tool);
    expect(await answerOf(connected, peer.call)).toContain(answer);
    expect(await manager.checkHealth()).toEqual({ status: 'healthy' });

    await manager.disconnect();
    expect(mark.pids).toEqual([]);
    expect(states()).toEqual([...ascent, 'closing', 'disconnected']);
    expect(manager.stats).toMatchObject({ attempts: 1, disconnects: { requested: 1 }, lastError: null });
  });
});

describe('over stdio, after SIGKILL', () => {
  test.each(['everything', 'filesystem', 'mcp-hello-world'])(
    '%s is started again, and answers',
    async (name) => {
      const connected = connectionTo(peer(name));
      const { manager, mark, changes, states } = connected;
      await manager.connect();
      const pid = mark.leader;
      process.kill(pid, 'SIGKILL');
      await manager.waitFor('reconnecting');
      expect(await answerOf(connected, peer(name).call)).toContain(peer(name).call[2]);
      expect(states()).toEqual([...ascent, 'reconnecting', 'reconnecting', ...ascent]);
      expect(changes.find(({ to }) => to.status === 'reconnecting')?.cause).toBe('session.lost');
      expect(manager.stats).toMatchObject({
        reconnections: 1,
        disconnects: { PROCESS_EXITED: 1 },
        lastError: { details: { signal: 'SIGKILL' } },
      });
      expect(mark.pids).not.toContain(pid);
    },
  );

  test('memory remembers: the new process is the same server', async () => {
    const { manager, mark } = connectionTo(peer('memory'));
    await manager.connect();
    const entities = [{ name: 'phoenix', entityType: 'bird', observations: ['rises'] }];
    await manager.callTool({ name: 'create_entities', arguments: { entities } });
    process.kill(mark.leader, 'SIGKILL');
    await manager.waitFor('reconnecting');
    const { structuredContent } = await manager.callTool({ name: 'read_graph', arguments: {} });
    expect(structuredContent).toMatchObject({ entities: [{ name: 'phoenix' }] });
  });

  test('of a launcher, the program behind it does not live on', async () => {
    const connected = connectionTo(
      peer('excel-mcp-server, a program behind a launcher, of an older revision'),
    );
    const { manager, mark } = connected;
    await manager.connect();
    const before = mark.pids;
    expect(before).toHaveLength(2);
    process.kill(mark.leader, 'SIGKILL');
    await manager.waitFor('reconnecting');
    await manager.waitFor('connected');
    expect(mark.pids).toHaveLength(2);
    expect(mark.pids.filter((pid) => before.includes(pid))).toEqual([]);
  });

  test('of the program behind a launcher, what the launcher says is told', async () => {
    const connected = connectionTo(
      peer('excel-mcp-server, a program behind a launcher, of an older revision'),
    );
    const { manager, mark } = connected;
    await manager.connect();
    const [program = 0] = mark.others;
    process.kill(program, 'SIGKILL');
    await manager.waitFor('reconnecting');
    await manager.waitFor('connected');
    expect(manager.stats.lastError).toMatchObject({
      code: 'PROCESS_EXITED',
      details: { exitCode: 1, stderr: expect.stringContaining('Command failed') },
    });
  });
});

describe('over stdio, particular peers', () => {
  test('a banner on stdout is reported, and does no harm', async () => {
    const said: string[] = [];
    const logger = { debug: (message: string) => said.push(message), warn: () => {} };
    const { args } = peer('time-mcp, which prints a banner on stdout');
    const { manager } = connection({ server: { command: process.execPath, args }, logger });
    await manager.connect();
    expect(said.filter((message) => message.includes('is no message'))).toEqual([
      expect.stringContaining('Starting Time MCP server'),
    ]);
    expect(manager.stats.attempts).toBe(1);
  });

  test('a server that ignores the end of its input gets the next rung of the ladder', async () => {
    const { manager, mark, clock } = connectionTo(peer('weather-mcp, which ignores the end of its input'));
    await manager.connect();
    await manager.disconnect();
    // So many milliseconds after the end of its input, SIGTERM.
    expect(clock.fired).toContain(2_000);
    expect(mark.pids).toEqual([]);
  });

  test('everything lists, reads and completes, reports progress and takes cancellations', async () => {
    const { manager } = connectionTo(peer('everything'));
    await manager.connect();
    const { prompts } = await manager.listPrompts();
    expect(prompts.map(({ name }) => name)).toContain('simple-prompt');
    const { resources } = await manager.listResources();
    const [resource] = resources;
    const { contents } = await manager.readResource({ uri: resource?.uri ?? '' });
    expect(contents).toHaveLength(1);

    const long = { name: 'trigger-long-running-operation', arguments: { duration: 0.2, steps: 2 } };
    const progress: number[] = [];
    await manager.callTool(long, { onprogress: ({ progress: step }) => progress.push(step) });
    // The SDK drops the last one where it comes together with the answer.
    expect(progress[0]).toBe(1);

    const cancelling = new AbortController();
    const cancelled = manager.callTool(
      { ...long, arguments: { duration: 60, steps: 60 } },
      { signal: cancelling.signal, onprogress: () => cancelling.abort(new Error('enough')) },
    );
    cancelling.abort(new Error('enough'));
    await expect(cancelled).rejects.toThrow('enough');
    expect(manager.stats.calls).toMatchObject({ accepted: 5, succeeded: 4, cancelled: 1, inFlight: 0 });
  });
});
