import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { connectionMachine, daemonMachine, poolEntryMachine, poolMachine } from '../../machines/index.js';
import { storiesTo } from '../../src/graph/index.js';
import { allStateNodes, statePath } from '../../src/graph/stateNodes.js';
import { walkConnection } from '../../src/graph/stories/connection.js';
import { walkDaemon } from '../../src/graph/stories/daemon.js';
import { walkPool, walkPoolEntry } from '../../src/graph/stories/pool.js';
import { buildCommand, User } from './support.js';

const command = buildCommand();
const machines = fileURLToPath(new URL('machines', import.meta.url));
const file = (name: string) => join(machines, name);

async function said(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new User(command).lifeline(['graph', ...args]);
  return code === 0 ? stdout : `${code} ${stderr}${stdout}`;
}

describe('a format', () => {
  test.each(['mermaid', 'table', 'svg', 'json'])('is named by --%s or --format', async (format) => {
    const short = await said('daemon', `--${format}`);
    expect(short).toBe(await said('daemon', '--format', format));
    expect(short).not.toMatch(/^1 /);
  });

  test.each([
    [['--svg', '--table'], '--table and --svg cannot be given together'],
    [['--format', 'svg', '--json'], '--format svg and --json cannot be given together'],
    [['--format', 'svg', '--mermaid', '--table'], 'cannot be given together'],
    [['--to', 'failed', '--table'], '--to tells stories, as text or as --json; it has no --table'],
    [['--format', 'svgg'], 'found "svgg", expected mermaid, table, svg, json; did you mean svg?'],
    [['--export', 'door'], '--export names what a file exports, and "connection" is none'],
  ])('%j: one wish at a time', async (args, message) => {
    expect(await said(...args)).toContain(message);
  });

  test('may be asked for twice, if it is the same', async () => {
    expect(await said('pool', '--svg', '--format', 'svg')).toMatch(/^<svg /);
  });
});

describe('--to', () => {
  test('tells how a connection can end in failed', async () => {
    const told = await said('connection', '--to', 'failed');
    expect(told).toMatch(/^connection comes to failed in 7 ways; the shortest story of each:\n\n1\. /);
    expect(told).toContain(`
6. active.releasing: done release #2 [isFatal] -> failed
   disconnected (input: defaults)
   connection.connect → active.queued
   done turn → active.session.connecting.transportSetup
   session.lost {"error":{"code":"NOT_MCP","message":"not MCP"}} → active.releasing
`);
    const json = JSON.parse(await said('connection', '--to', 'failed', '--json'));
    expect(json).toMatchObject({ machine: 'connection', to: 'failed' });
    expect(json.stories).toHaveLength(7);
    expect(json.stories[0]).toEqual({
      transitions: ['active.queued: error turn #0 -> failed'],
      input: 'defaults',
      start: 'disconnected',
      steps: [
        { type: 'connection.connect', event: 'connection.connect', state: 'active.queued' },
        { type: 'xstate.error.actor.turn', event: 'error turn "the turn was refused"', state: 'failed' },
      ],
    });
  });

  test('takes a path, an end of it, and any capital letters', async () => {
    const told = await said('daemon', '--to', 'serving.watch.looking');
    expect(told).toMatch(/^daemon comes to serving\.watch\.looking in one way/);
    expect(await said('daemon', '--to', 'watch.looking')).toBe(told);
    expect(await said('daemon', '--to', 'Looking')).toBe(told);
    expect(await said('daemon', '--to', 'starting')).toContain(
      '\n1. it starts there\n   starting.claiming (',
    );
    expect(await said('pool', '--to', 'closed')).toContain('comes to closed in ');
    expect(await said('poolEntry', '--to', 'ready')).toContain('ready in ');
  });

  test('tells of the defaults, where they come to it', async () => {
    const told = await said('--to', 'health.degraded');
    expect(told).toMatch(/^connection comes to active\.session\.connected\.health\.degraded in 2 ways/);
    expect(told).toContain('(input: defaults)');
    expect(told).not.toContain('(input: healthCheck: false)');
  });

  test.each([
    ['faild', 'has no state "faild"; did you mean failed?'],
    ['conected', 'did you mean connected?'],
    ['nowhere', 'it has disconnected, active, active.queued,'],
    ['waiting', '"waiting" is more than one state: active.session.connected.probe.waiting, active.auth'],
  ])('%s: says what there is', async (state, message) => {
    expect(await said('--to', state)).toContain(message);
  });

  test('has a story for every state of every chart', () => {
    for (const [machine, walk] of [
      [connectionMachine, walkConnection],
      [poolMachine, walkPool],
      [poolEntryMachine, walkPoolEntry],
      [daemonMachine, walkDaemon],
    ] as const) {
      const graph: Parameters<typeof storiesTo>[0] = walk();
      const paths = allStateNodes(machine)
        .filter(({ type }) => type !== 'history')
        .map(statePath);
      expect(paths.filter((path) => storiesTo(graph, path).length === 0)).toEqual([]);
    }
  });
});

describe('a module of the user', () => {
  test('is drawn, and its stories are told', async () => {
    const orders = file('orders.machine.mjs');
    expect(await said(orders)).toMatch(/^stateDiagram-v2\n/);
    expect(await said(orders, '--svg')).toMatch(/^<svg /);
    expect(JSON.parse(await said(orders, '--json'))).toMatchObject({ machine: 'orders' });
    expect(
      await said(orders, '--to', 'paid'),
    ).toBe(`orders comes to paid in one way; the shortest story of each:

1. charging: done charge #0 -> paid
   open (input: ten to pay)
   pay → charging
   done charge {"receipt":"r1"} → paid
`);
  });

  test('is found from where the command runs', async () => {
    const { stdout } = await new User(command).lifeline(
      ['graph', './two.mjs', '--export', 'door', '--to', 'opened'],
      {
        cwd: machines,
      },
    );
    expect(stdout).toContain('door comes to opened in one way');
  });

  test.each([
    [['flat.mjs', '--to', 'full'], '--to: cart has no state "full"; it has none'],
    [['two.mjs'], 'exports several machines: door, needy; name one with --export'],
    [['two.mjs', '--export', 'dor'], 'dor is not exported by'],
    [['two.mjs', '--export', 'dor'], 'did you mean door?'],
    [['none.mjs', '--export', 'door'], '--export: door is no state machine of'],
    [['none.mjs'], 'exports no state machine of XState 5; it exports door'],
    [['broken.mjs'], 'cannot be loaded: not today'],
    [['missing.mjs'], 'missing.mjs: found no file, expected a module that exports a machine'],
    [
      ['two.mjs', '--export', 'needy', '--to', 'b'],
      "'none' is undefined: does its context need an input? The module",
    ],
    [['two.mjs', '--export', 'needy', '--to', 'b'], 'The module can export `fixtures`'],
  ])('%j: says what is wrong', async ([name = '', ...args], message) => {
    const told = await said(file(name), ...args);
    expect(told).toMatch(/^1 /);
    expect(told).toContain(message);
    expect(told).not.toContain('    at ');
  });

  test('may have states that nothing leads to', async () => {
    expect(await said(file('two.mjs'), '--export', 'door', '--to', 'walled')).toContain(
      'door does not come to walled by any of the events that were tried.',
    );
  });
});
