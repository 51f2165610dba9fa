/** A server that repeats its key and paints the terminal: nothing of either shows anywhere. */
import { inspect } from 'node:util';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConnectionManager, type ConnectionOptions } from '../../src/index.js';
import { createRedactor } from '../../src/redact.js';
import { answerHandshake } from '../../src/testing/scriptedTransport.js';
import { errorOf } from '../connection/support.js';
import { ScriptedServer } from '../fixtures/servers/http-scripted.js';
import { never, SessionRig } from './support.js';

const KEY = 'sk-sentinel-123';
const WORDS = `invalid key ${KEY} \u001b[31m\u009b\u202e`;
/** As it is, and as JSON and `inspect` write it. */
const UNSAFE = ['\u001b', '\u009b', '\u202e', '\\u001b', '\\u009b', '\\u202e', '\\x1B', '\\x9B'];
const serverInfo = { name: 'rude', version: '1.0.0' };
const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo };

/** What the server answers to `initialize`, and the code of the failure; null for none. */
const answers = {
  'an error': [{ error: { code: -32603, message: WORDS, data: { key: KEY } } }, 'HANDSHAKE_REJECTED'],
  'the versions of an error': [
    { error: { code: -32602, message: WORDS, data: { supported: Array(500).fill(WORDS) } } },
    'UNSUPPORTED_PROTOCOL_VERSION',
  ],
  'its version': [{ result: { ...result, protocolVersion: WORDS } }, 'UNSUPPORTED_PROTOCOL_VERSION'],
  'its name': [
    {
      result: {
        ...result,
        capabilities: { tools: {}, [WORDS]: { [KEY]: true } },
        serverInfo: { name: WORDS, version: WORDS, title: WORDS.repeat(1_000) },
      },
    },
    null,
  ],
} as const;
const cases = Object.entries(answers).map(([where, [answer, code]]) => ({ where, answer, code }));

/** Connects, and gives everything that was told of it in any place. */
async function everythingTold(options: Omit<ConnectionOptions, 'name'>) {
  const told: string[] = [];
  const tell = (...facts: unknown[]) => {
    for (const fact of facts) told.push(inspect(fact, { depth: 12, showHidden: true }), JSON.stringify(fact));
  };
  const manager = new ConnectionManager({
    name: 'rude',
    retryPolicy: false,
    logger: { debug: (message) => told.push(message), warn: (message) => told.push(message) },
    inspect: (event) => {
      if (event.type === '@xstate.event') tell(event.event);
      if (event.type === '@xstate.snapshot') told.push(JSON.stringify(event.snapshot));
    },
    ...options,
  });
  onTestFinished(() => manager.terminate());
  manager.on('state', (change) => tell(change));
  const outcome = await manager.connect().catch((error: unknown) => error);
  if (outcome instanceof Error) {
    expect(outcome.message.length).toBeLessThan(400);
    told.push(outcome.message, String(outcome.stack));
  }
  tell(outcome, manager.state, manager.stats);
  told.push(
    JSON.stringify(manager.actor.getSnapshot()),
    JSON.stringify(manager.actor.getPersistedSnapshot()),
  );
  return { told: told.join('\n'), outcome };
}

function expectClean(told: string): void {
  expect(told).toContain('[secret]');
  expect(told).not.toContain('sentinel');
  for (const unsafe of UNSAFE) expect(told).not.toContain(unsafe);
}

const STDIO_SERVER = `
  process.stdin.once('data', () => {
    process.stdout.write(process.env.ANSWER_BEFORE_KEY.replaceAll('@', process.env.API_KEY) + '\\n');
  }).on('data', (line) => {
    const { id, method } = JSON.parse(String(line).split('\\n').findLast((each) => each !== ''));
    if (method === 'ping') process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: {} }) + '\\n');
  });`;

describe.each(cases)('in $where', ({ answer, code }) => {
  test('over stdio', async () => {
    const line = JSON.stringify({ jsonrpc: '2.0', id: 0, ...answer }).replaceAll(KEY, '@');
    const server = {
      command: process.execPath,
      args: ['-e', STDIO_SERVER],
      env: { API_KEY: KEY, ANSWER_BEFORE_KEY: line },
    };
    const { told, outcome } = await everythingTold({ server });
    expect(outcome).toMatchObject(code === null ? { serverInfo: {} } : { code });
    expectClean(told);
  });

  test.each<[string, (url: string) => Omit<ConnectionOptions, 'name'>]>([
    ['a header', (url) => ({ server: { url, headers: { authorization: `Bearer ${KEY}` } } })],
    ['a header of the options', (url) => ({ server: { url }, headers: { 'x-key': KEY } })],
    ['a header made per request', (url) => ({ server: { url }, headers: () => ({ 'x-key': KEY }) })],
    ['the URL', (url) => ({ server: { url: `${url}?key=${KEY}` } })],
    ['a token', (url) => ({ server: { url }, authProvider: withToken(KEY) })],
    ['secrets', (url) => ({ server: { url }, secrets: [KEY] })],
  ])('over HTTP, of %s', async (_, optionsFor) => {
    const server = await ScriptedServer.start();
    onTestFinished(() => server.die());
    server.on('initialize', ({ id, response }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
    });
    const { told, outcome } = await everythingTold(optionsFor(server.url));
    expect(outcome).toMatchObject(code === null ? { serverInfo: {} } : { code });
    expectClean(told);
  });
});

test('what the protocol itself calls things stays, also where it is a value of the environment', async () => {
  const env = { MODE: 'tools', REVISION: '2025-11-25', API_KEY: KEY };
  const declared = { ...result, capabilities: { tools: { listChanged: true } } };
  const line = JSON.stringify({ jsonrpc: '2.0', id: 0, result: declared });
  const server = {
    command: process.execPath,
    args: ['-e', STDIO_SERVER],
    env: { ...env, ANSWER_BEFORE_KEY: line },
  };
  const { outcome } = await everythingTold({ server, requiredCapabilities: ['tools.listChanged'] });
  expect(outcome).toMatchObject({
    protocolVersion: '2025-11-25',
    negotiatedFeatures: ['tools', 'tools.listChanged'],
  });
});

describe('later', () => {
  const redact = createRedactor([KEY]);
  const shown = 'invalid key [secret] \\x1b[31m\\x9b\\u{202e}';

  test('in the error of a probe of the embedder’s', async () => {
    const probe = () => Promise.reject(new Error(WORDS));
    const rig = await new SessionRig({ redact, probe }).accept();
    const error = await errorOf(rig.session.ask('custom', never));
    expect(error).toMatchObject({ code: 'UNHEALTHY', message: shown, cause: { message: shown } });
    expect(inspect(error)).not.toContain('sentinel');
  });

  test('in the error of a probe that could not be sent', async () => {
    const rig = await new SessionRig({ redact }).accept();
    rig.transport.send = () => Promise.reject(new Error(WORDS));
    const error = await errorOf(rig.session.ask('ping', never));
    expect(error).toMatchObject({ code: 'TRANSPORT_FAILED', message: expect.stringContaining(shown) });
    expect(inspect(error)).not.toContain('sentinel');
  });

  test('in what went wrong beside the session', async () => {
    const rig = await new SessionRig({ redact, respond: answerHandshake }).accept();
    rig.transport.onerror?.(new Error(WORDS));
    expect(rig.errors.map(({ message }) => message)).toEqual([shown]);
    expect(inspect(rig.errors)).not.toContain('sentinel');
  });

  test('in the refusal of an authorization', async () => {
    const rig = new SessionRig({ redact });
    Object.assign(rig.transport, { finishAuth: () => Promise.reject(new Error(WORDS)) });
    await rig.open();
    const error = await errorOf(rig.session.finishAuth('code'));
    expect(error).toMatchObject({
      code: 'AUTHORIZATION_FAILED',
      message: `the authorization was refused: ${shown}`,
    });
    expect(inspect(error)).not.toContain('sentinel');
  });
});

function withToken(token: string): OAuthClientProvider {
  return {
    redirectUrl: undefined,
    clientMetadata: { redirect_uris: [] },
    clientInformation: () => undefined,
    tokens: () => ({ access_token: token, token_type: 'Bearer' }),
    saveTokens: () => {},
    redirectToAuthorization: () => {},
    saveCodeVerifier: () => {},
    codeVerifier: () => '',
  };
}
