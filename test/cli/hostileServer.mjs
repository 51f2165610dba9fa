// A server on stdio of which every text, wherever a command may show it, tries to do something to the terminal.
//
//   --tool NAME    has a tool of this name, and one that is called `harmless`, and nothing else
//   --exit         says its last words on stderr, and exits
//
// Tools otherwise: `rude` tells things and answers, `fails` answers with an error, `throws` with a JSON-RPC error, `slow`
// reports progress and answers when `rude` is called, `dies` exits with last words.
import { createInterface } from 'node:readline';

/** Clears the screen, begins a line anew, in C1 colours, turns the writing, rings, sets a title, hides what follows. */
const RUDE =
  '\u001b[2J\r\u009b31m\u202e\u2066\u0007\u007f\u001b]0;owned\u0007\u200b\u2028\u{e0041}\u0000\ud800';
const rude = (text) => `${text}${RUDE}`;
const lines = (text) => `${text}\n\t${RUDE}\nthe end`;

const lastWords = () => process.stderr.write(`${rude('last words')}\n`);
if (process.argv.includes('--exit')) {
  lastWords();
  process.exit(1);
}

const given = process.argv.indexOf('--tool');
const schema = {
  type: 'object',
  properties: { [rude('key')]: { type: rude('type'), description: rude('what') } },
};
const tool = (name) => ({ name, description: rude('a description'), inputSchema: schema });
const names =
  given === -1
    ? ['rude', 'fails', 'throws', 'slow', 'dies', rude('name')]
    : [process.argv[given + 1], 'harmless'];

const content = [
  { type: 'text', text: lines('said') },
  { type: 'image', data: 'AAAA', mimeType: rude('image/') },
  { type: 'resource_link', uri: rude('a://'), name: rude('link') },
  { type: 'resource', resource: { uri: rude('a://'), text: lines('text') } },
  { type: 'resource', resource: { uri: rude('a://'), blob: 'AAAA', mimeType: rude('b') } },
];

const say = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const fail = (id, code = -32000) =>
  say({ id, error: { code, message: lines('no'), data: { [rude('a')]: rude('b') } } });

/** Answers that wait for somebody to call `rude`. */
const held = [];

const calls = {
  rude: (id) => {
    say({ method: 'notifications/message', params: { level: 'info', logger: rude('l'), data: rude('log') } });
    say({ method: rude('notifications/'), params: {} });
    say({ id, result: { content, structuredContent: { [rude('key')]: rude('value') } } });
    for (const finish of held.splice(0)) finish();
  },
  fails: (id) => say({ id, result: { content, isError: true } }),
  throws: (id) => fail(id),
  slow: (id, { _meta }) => {
    const params = { progressToken: _meta?.progressToken, progress: 1, total: 2, message: rude('working') };
    say({ method: 'notifications/progress', params });
    held.push(() => say({ id, result: { content } }));
  },
  dies: () => {
    lastWords();
    process.exit(1);
  },
};

const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {}, prompts: {}, resources: {}, logging: {}, [rude('x')]: {} },
    serverInfo: { name: rude('hostile'), version: rude('1') },
    instructions: lines('instructions'),
  }),
  ping: () => ({}),
  'tools/list': () => ({ tools: names.map(tool) }),
  'resources/list': () => ({ resources: [{ uri: rude('a://b/'), name: rude('n'), description: rude('d') }] }),
  'resources/templates/list': () => ({
    resourceTemplates: [{ uriTemplate: rude('a://{b}'), name: rude('n'), description: rude('d') }],
  }),
  'resources/read': ({ uri }) => ({
    contents: [
      { uri: rude(uri), text: lines('text') },
      { uri, blob: 'AAAA', mimeType: rude('b') },
    ],
  }),
  'prompts/list': () => ({
    prompts: [{ name: rude('p'), description: rude('d'), arguments: [{ name: rude('a') }] }],
  }),
  'prompts/get': () => ({ messages: content.map((block) => ({ role: 'user', content: block })) }),
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  if (method === 'tools/call' && Object.hasOwn(calls, params.name)) calls[params.name](id, params);
  else if (Object.hasOwn(answers, method) && params?.uri !== 'a://none')
    say({ id, result: answers[method](params) });
  else fail(id, -32602);
});
