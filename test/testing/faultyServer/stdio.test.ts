/** Each option of the server on stdio, and what it does. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { OPTION_ROWS } from '../../../src/testing/faultyServer/optionTable.js';
import { DeathWatch } from '../../transports/stdio/support.js';
import { DEMONSTRATED_ON_HTTP } from './demonstrated.js';
import { newFile } from './folder.js';
import { ServerProcess } from './serverProcess.js';

const echo = (text: string) => ({ content: [{ type: 'text', text }] });
const handshake = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
};

/** Asks for one of each kind. */
const askFor = {
  initialize: (server: ServerProcess) => server.request('initialize', handshake),
  ping: (server: ServerProcess) => server.request('ping'),
  list: (server: ServerProcess) => server.request('tools/list'),
  call: (server: ServerProcess) => server.call('echo', { text: 'hi' }),
};
const KINDS = ['initialize', 'ping', 'list', 'call'] as const;

async function deathWatch(): Promise<DeathWatch> {
  const watch = await DeathWatch.start();
  onTestFinished(() => watch.stop());
  return watch;
}

const demonstrations: { readonly [option: string]: () => Promise<void> } = {
  ...Object.fromEntries(
    KINDS.flatMap((kind) => {
      const ask = askFor[kind];
      return [
        [
          `crash-on-${kind}`,
          async () => {
            const server = new ServerProcess(`--crash-on-${kind}`, '2');
            expect(await ask(server)).toHaveProperty('result');
            expect(await ask(server)).toBe(null);
            expect(await server.ended).toMatchObject({ code: 1, stderr: '' });
          },
        ],
        [
          `crash-after-${kind}`,
          async () => {
            const server = new ServerProcess(`--crash-after-${kind}`, '2', '--exit', '7');
            expect(await ask(server)).toHaveProperty('result');
            expect(await ask(server)).toHaveProperty('result');
            expect(await server.ended).toMatchObject({ code: 7, stderr: '' });
          },
        ],
        [
          `hang-on-${kind}`,
          async () => {
            const server = new ServerProcess(`--hang-on-${kind}`, '2');
            expect(await ask(server)).toHaveProperty('result');
            const hanging = ask(server);
            // What comes after it is answered, and it is not.
            expect(await ask(server)).toHaveProperty('result');
            expect(server.answers.map(({ id }) => id)).toEqual([1, 3]);
            expect(await server.end()).toMatchObject({ code: 0 });
            expect(await hanging).toBe(null);
          },
        ],
        [
          `error-on-${kind}`,
          async () => {
            const server = new ServerProcess(`--error-on-${kind}`, '1');
            expect(await ask(server)).toMatchObject({ error: { code: -32603 } });
            expect(await ask(server)).toHaveProperty('result');
          },
        ],
      ];
    }),
  ),
  'crash-on-start': async () => {
    const server = new ServerProcess('--crash-on-start');
    expect(await askFor.ping(server)).toBe(null);
    expect(await server.ended).toMatchObject({ code: 1, stdout: '', stderr: '' });
  },
  'hang-on-start': async () => {
    const server = new ServerProcess('--hang-on-start', '--ignore-term', '--stderr', 'up');
    const asked = askFor.ping(server);
    await server.complained('up');
    server.child.stdin.end();
    // That it hears a signal tells that it lives.
    server.child.kill('SIGTERM');
    await server.said('notifications/signal');
    server.killGroup();
    expect(await asked).toBe(null);
    expect((await server.ended).signal).toBe('SIGKILL');
  },
  exit: async () => {
    expect(await new ServerProcess('--exit', '3').ended).toMatchObject({ code: 3, stdout: '' });
    const server = new ServerProcess('--exit', '3', '--crash-on-ping');
    expect(await askFor.call(server)).toHaveProperty('result');
    expect(await askFor.ping(server)).toBe(null);
    expect((await server.ended).code).toBe(3);
  },
  stderr: async () => {
    const server = new ServerProcess('--stderr', 'Error: no key', '--exit', '1');
    expect((await server.ended).stderr).toBe('Error: no key\n');
  },
  stdout: async () => {
    const server = new ServerProcess('--stdout', 'a banner\n');
    await askFor.ping(server);
    expect((await server.end()).stdout).toMatch(/^a banner\n\{"jsonrpc":"2.0","id":1,"result":\{\}\}\n$/);
  },
  'ignore-end': async () => {
    const server = new ServerProcess('--ignore-end');
    server.child.stdin.end();
    await server.said('notifications/ended');
    server.child.kill('SIGTERM');
    expect((await server.ended).signal).toBe('SIGTERM');
  },
  'ignore-term': async () => {
    const server = new ServerProcess('--ignore-term');
    await askFor.ping(server);
    server.child.kill('SIGTERM');
    await server.said('notifications/signal');
    expect(await askFor.call(server)).toMatchObject({ result: echo('hi') });
    expect((await server.end()).code).toBe(0);
  },
  child: async () => {
    const watch = await deathWatch();
    const server = new ServerProcess('--child', '--watch', watch.port);
    await watch.births(2);
    server.killGroup();
    await watch.deaths();
    expect(watch.alive).toEqual([]);
  },
  stray: async () => {
    const watch = await deathWatch();
    const server = new ServerProcess('--stray', '--watch', watch.port);
    await watch.births(2);
    const [stray] = watch.alive.filter((pid) => pid !== server.pid);
    server.killGroup();
    await watch.death(server.pid);
    expect(watch.alive).toEqual([stray]);
    if (stray !== undefined) process.kill(stray, 'SIGKILL');
    await watch.deaths();
  },
  silent: async () => {
    const server = new ServerProcess('--silent', '1-2,4');
    const [first, second] = [askFor.initialize(server), askFor.ping(server)];
    expect(await askFor.list(server)).toHaveProperty('result');
    const fourth = askFor.call(server);
    expect(await server.end()).toMatchObject({ code: 0, stderr: '' });
    expect(await Promise.all([first, second, fourth])).toEqual([null, null, null]);
  },
  slow: async () => {
    const server = new ServerProcess('--slow', '300@1');
    const late = askFor.ping(server);
    await askFor.ping(server);
    expect(server.answers.map(({ id }) => id)).toEqual([2]);
    expect(await late).toMatchObject({ result: {} });
  },
  protocol: async () => {
    const server = new ServerProcess('--protocol', '1999-01-01');
    expect(await askFor.initialize(server)).toMatchObject({ result: { protocolVersion: '1999-01-01' } });
  },
  initialize: async () => {
    const server = new ServerProcess('--initialize', '{"capabilities":{},"instructions":"none"}');
    const answer = await askFor.initialize(server);
    expect(answer?.result).toMatchObject({
      capabilities: {},
      instructions: 'none',
      protocolVersion: '2025-11-25',
    });
    expect(answer?.result?.capabilities).toEqual({});
  },
  garbage: async () => {
    const server = new ServerProcess('--garbage', '2');
    await askFor.ping(server);
    await askFor.ping(server);
    expect(server.lines.map((line) => line.startsWith('{'))).toEqual([true, false, true]);
  },
  crlf: async () => {
    const server = new ServerProcess('--crlf');
    await askFor.ping(server);
    expect((await server.end()).stdout).toMatch(/\}\r\n$/);
  },
  piece: async () => {
    // It waits before each piece, so that two cannot be read as one.
    const server = new ServerProcess('--piece', '7', '--pull');
    const sizes: number[] = [];
    server.child.stdout.on('data', (chunk: string) => {
      sizes.push(chunk.length);
      server.notify('notifications/pull');
    });
    expect(await askFor.call(server)).toMatchObject({ result: echo('hi') });
    expect(sizes.length).toBeGreaterThan(5);
    expect(new Set(sizes.slice(0, -1))).toEqual(new Set([7]));
  },
  pull: async () => {
    const server = new ServerProcess('--piece', '7', '--pull');
    const asked = askFor.ping(server);
    const [first] = await new Promise<string[]>((resolve) => {
      server.child.stdout.once('data', (chunk: string) => resolve([chunk]));
    });
    expect(first).toBe('{"jsonr');
    // Nobody pulls any more: it ends with the rest unsaid.
    expect(await server.end()).toMatchObject({ stdout: '{"jsonr' });
    expect(await asked).toBe(null);
  },
  'stderr-flood': async () => {
    const server = new ServerProcess('--stderr-flood', '5000');
    expect(server.stderr).toBe('');
    await askFor.ping(server);
    await askFor.ping(server);
    expect((await server.end()).stderr).toHaveLength(5000);
  },
  'count-in': async () => {
    const counts = newFile();
    const flags = ['--crash-on-start', '2', '--crash-on-call', '3', '--count-in', counts.path];
    const first = new ServerProcess(...flags);
    for (let number = 1; number <= 2; number += 1) expect(await askFor.call(first)).toHaveProperty('result');
    await first.end();
    expect(await new ServerProcess(...flags).ended).toMatchObject({ code: 1 });
    const third = new ServerProcess(...flags);
    expect(await askFor.ping(third)).toHaveProperty('result');
    expect(await askFor.call(third)).toBe(null);
    const fourth = new ServerProcess(...flags);
    expect(await askFor.call(fourth)).toHaveProperty('result');
    await fourth.end();
    expect(counts.lines()).toEqual(['{"start":4,"request":5,"call":4,"ping":1}']);
  },
  ledger: async () => {
    const ledger = newFile();
    const server = new ServerProcess('--ledger', ledger.path, '--error-on-call', '2', '--crash-on-call', '3');
    await server.call('echo', { key: 'one' });
    await server.call('echo', { key: 'refused' });
    expect(await server.call('pid', { key: 'crashed' })).toBe(null);
    expect(ledger.lines()).toEqual(['echo one', 'pid crashed']);
  },
  watch: async () => {
    const watch = await deathWatch();
    const server = new ServerProcess('--watch', watch.port);
    await watch.birth(server.pid);
    expect(await askFor.ping(server)).toHaveProperty('result');
    await server.end();
    await watch.death(server.pid);
  },
};

describe('on stdio', () => {
  test.each(Object.keys(demonstrations))('--%s', async (option) => {
    await demonstrations[option]?.();
  });

  test('without options it behaves well', async () => {
    const server = new ServerProcess();
    for (const kind of KINDS) expect(await askFor[kind](server)).toHaveProperty('result');
    expect(await server.request('resources/list')).toMatchObject({ error: { code: -32601 } });
    expect(await server.call('no such tool')).toMatchObject({ error: { code: -32601 } });
    expect(await server.end()).toMatchObject({ code: 0, stderr: '' });
  });

  test('every tool says what it does', async () => {
    const answer = await new ServerProcess().request('tools/list');
    const { tools } = answer?.result ?? {};
    expect(tools).toContainEqual({
      name: 'echo',
      description: 'Says `text`.',
      inputSchema: { type: 'object' },
    });
    expect(Array.isArray(tools) && tools.every(({ description }) => description.length > 10)).toBe(true);
  });
});

test('every option is demonstrated', () => {
  const elsewhere = ['help', 'version'];
  const shown = [...Object.keys(demonstrations), ...DEMONSTRATED_ON_HTTP, ...elsewhere].sort();
  expect(shown).toEqual(OPTION_ROWS.map(({ name }) => name).sort());
});
