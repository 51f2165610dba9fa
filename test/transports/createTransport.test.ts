import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { createTransport, type HeadersSource } from '../../src/transports/createTransport.js';
import { StdioTransport } from '../../src/transports/stdio/stdioTransport.js';

const context = { clock: systemClock, random: Math.random };

test('a maker of transports is asked for one each time', async () => {
  const made = [new InMemoryTransport(), new InMemoryTransport()];
  const [first, second] = made;
  const server = () => Promise.resolve(made.shift() ?? new InMemoryTransport());
  expect(await createTransport(server, context)).toBe(first);
  expect(await createTransport(server, context)).toBe(second);
});

test('a command gets a transport that starts it, and keeps what its environment hides', async () => {
  const script =
    'console.error("the word is " + process.env.WORD + " or " + process.argv[1]); process.exit(3)';
  const args = ['-e', script, 'swordfish-two'];
  const transport = await createTransport(
    { command: process.execPath, args, env: { WORD: 'swordfish-one' } },
    { ...context, secrets: ['swordfish-two'] },
  );
  if (!(transport instanceof StdioTransport)) throw new Error('another transport');
  const lost = new Promise<Error>((resolve) => {
    transport.onlost = resolve;
  });
  await transport.start();
  const { message } = await lost;
  await transport.close();
  expect(message).toContain('exited with code 3');
  expect(message).not.toMatch(/swordfish/);
});

describe('a URL gets a transport that sends', () => {
  async function sent(own: Record<string, string> | undefined, headers: HeadersSource | undefined) {
    const seen: IncomingHttpHeaders[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers);
      response.writeHead(202).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const transport = await createTransport(
      { url: `http://127.0.0.1:${port}/`, type: 'http', headers: own },
      { ...context, headers },
    );
    await transport.start();
    await transport.send({ jsonrpc: '2.0', method: 'notifications/something' });
    await transport.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    const [first] = seen;
    return [first?.['x-own'], first?.['x-both'], first?.['x-over']];
  }

  const own = { 'X-Own': 'own', 'X-Both': 'own' };
  const over = { 'X-Both': 'over', 'X-Over': 'over' };

  test.each<[string, Parameters<typeof sent>, unknown[]]>([
    ['its own headers', [own, undefined], ['own', 'own', undefined]],
    ['those of all', [undefined, over], [undefined, 'over', 'over']],
    ['both, those of all over its own', [own, over], ['own', 'over', 'over']],
    ['what is asked for each time', [undefined, () => over], [undefined, 'over', 'over']],
    ['what is asked for each time over its own', [own, async () => over], ['own', 'over', 'over']],
  ])('%s', async (_, given, expected) => {
    expect(await sent(...given)).toEqual(expected);
  });
});
