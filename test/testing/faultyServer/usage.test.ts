import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { describe, expect, test } from 'vitest';
import { PACKAGE } from '../../../src/package.js';
import { helpText, synopsis } from '../../../src/testing/faultyServer/help.js';
import { OPTION_ROWS } from '../../../src/testing/faultyServer/optionTable.js';
import { Which } from '../../../src/testing/faultyServer/which.js';
import { freePort } from '../../support/freePort.js';
import { HttpServerProcess, ServerProcess } from './serverProcess.js';

/** What is answered to a path that `fetch` would not ask for. */
async function statusOf({ port }: URL, path: string): Promise<number | undefined> {
  const [response] = await once(get({ host: '127.0.0.1', port, path }), 'response');
  response.resume();
  return response.statusCode;
}

describe('the faulty server', () => {
  test('tells all its options', async () => {
    const { code, stdout, stderr } = await new ServerProcess('--help').end();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(helpText());
    for (const row of OPTION_ROWS) expect(stdout).toContain(`  ${synopsis(row)} `);
    expect(stdout.split('\n').filter((line) => line.length > 116)).toEqual([]);
  });

  test('tells the version of the package', async () => {
    const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect(PACKAGE.version).toBe(manifest.version);
    expect(await new ServerProcess('--version').end()).toMatchObject({
      code: 0,
      stdout: `${manifest.version}\n`,
    });
  });

  test.each<[string[], string]>([
    [
      ['--crash-on-cal'],
      'found --crash-on-cal, expected one of the options that --help lists; did you mean --crash-on-call?',
    ],
    [['--nonsense'], 'found --nonsense, expected one of the options that --help lists'],
    [['call'], 'found "call", expected an option, such as --crash-on-call'],
    [['-h'], 'found "-h", expected an option, such as --crash-on-call'],
    [
      ['--crash-on-call', 'x'],
      '--crash-on-call: found "x", expected which ones: 3, 2-4, 5+, or several of these with commas',
    ],
    [['--crash-on-call', '4-2'], '--crash-on-call: found "4-2", expected which ones'],
    [['--silent', '0'], '--silent: found "0", expected which ones'],
    [['--slow', 'soon'], '--slow: found "soon", expected a whole number from 0 to 2147483647'],
    [['--slow', '5@x'], '--slow: found "5@x", expected behind the @ which ones'],
    [['--exit', '256'], '--exit: found "256", expected a whole number from 0 to 255'],
    [['--exit'], '--exit: found no value, expected CODE'],
    [['--stderr', '--silent'], '--stderr: found no value, expected TEXT'],
    [['--crlf=3'], '--crlf: found "3", expected no value'],
    [['--silent', '--silent'], '--silent: found twice, expected once'],
    [['--initialize', '[]'], '--initialize: found "[]", expected an object, as JSON'],
    [['--status', '503'], '--status: found without --http, expected with it'],
    [['--http', '--garbage'], '--garbage: found with --http, expected on stdio only'],
    [['--http', '65536'], '--http: found "65536", expected a whole number from 0 to 65535'],
    [['--http', '--status', '99'], '--status: found "99", expected a whole number from 100 to 599'],
    [['--http', '--header', 'a:b'], '--header: found without --status, expected with it'],
    [
      ['--http', '--status', '503', '--header', 'Retry-After'],
      '--header: found "Retry-After", expected a name and a value',
    ],
    [['--http', '--on', 'ping'], '--on: found without one of the options it is about, expected with it'],
    [
      ['--http', '--fault', '{"on":"ping","statu":503}'],
      '--fault: found the field "statu", expected one of on, from, times',
    ],
    [
      ['--http', '--fault', '{"on":"ping","status":"503"}'],
      '--fault: status: found "503", expected a number',
    ],
    [['--http', '--fault', '{"status":503}'], '--fault: found no field "on", expected what it is about'],
    [
      ['--http', '--fault', '{"on":"ping","times":0}'],
      '--fault: found from 0 and times 0, expected whole numbers',
    ],
    [
      ['--http', '--fault', '{"on":"ping","from":1}'],
      '--fault: found nothing that it does, expected one of mute, reset, status, events, type, cut',
    ],
    [
      ['--http', '--fault', '{"on":"ping","status":9999}'],
      '--fault: status: found 9999, expected a whole number from 100 to 599',
    ],
    [
      ['--http', '--fault', '{"on":"ping","cut":-1}'],
      '--fault: cut: found -1, expected a whole number from 0',
    ],
    [
      ['--http', '--fault', '{"on":"ping","status":503,"headers":{"a b":"x"}}'],
      '--fault: headers: found {"a b":"x"}, expected names and texts that a header can have',
    ],
    [
      ['--http', '--fault', '{"on":"ping","type":"a\\nb"}'],
      '--fault: type: found "a\\nb", expected what a header can have',
    ],
    [['--http', '--content-type', 'a\nb'], '--content-type: found "a\\nb", expected what a header can have'],
    [['--http', '--sse', '--stream'], '--stream: found with --sse, expected on Streamable HTTP only'],
    [
      ['--http', '--sse', '--truncate', '5'],
      '--truncate: found with --sse, expected on Streamable HTTP only',
    ],
    [
      ['--http', '--sse', '--fault', '{"on":"ping","cut":5}'],
      '--fault: found type or cut with --sse, expected on Streamable HTTP only',
    ],
    [['--pull'], '--pull: found without --piece, expected with it'],
    [
      ['--ledger', '/no/such/folder/ledger'],
      '--ledger: found "/no/such/folder/ledger", expected a file that can be written',
    ],
    [['--count-in', '/'], '--count-in: found "/", expected a file that can be written (it is a directory)'],
  ])('refuses %j in one sentence', async (args, sentence) => {
    const { code, stdout, stderr } = await new ServerProcess(...args).end();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const [first, second, ...rest] = stderr.split('\n');
    expect(first).toContain(`mcp-lifeline-faulty-server: ${sentence}`);
    expect([second, ...rest]).toEqual(['mcp-lifeline-faulty-server --help lists the options.', '']);
  });

  test('says that its port is taken', async () => {
    const port = await freePort();
    const first = await new ServerProcess('--http', String(port)).line(1);
    expect(first).toBe(`http://127.0.0.1:${port}/mcp`);
    const { code, stderr } = await new ServerProcess('--http', String(port)).end();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^mcp-lifeline-faulty-server: --http: cannot listen on port ${port}: .*\\n$`),
    );
  });

  test('goes on when it cannot read a line', async () => {
    const server = new ServerProcess();
    server.child.stdin.write('no JSON\n[]\nnull\n{"jsonrpc":"2.0","id":9,"result":{}}\n');
    expect(await server.request('ping')).toMatchObject({ result: {} });
    expect(await server.end()).toMatchObject({ code: 0, stderr: '' });
  });

  test('keeps a session until it is asked to end it', async () => {
    const server = await HttpServerProcess.start();
    const begun = await server.post('initialize');
    const headers = { 'mcp-session-id': begun.headers.get('mcp-session-id') ?? '' };
    const status = async (method: string) => (await fetch(server.url, { method, headers })).status;
    expect([await status('PUT'), await status('POST')]).toEqual([405, 405]);
    expect([await status('DELETE'), await status('DELETE')]).toEqual([200, 404]);
  });

  test('goes on when it cannot read what was posted', async () => {
    const server = await HttpServerProcess.start();
    const headers = { 'content-type': 'application/json' };
    for (const body of ['no JSON', 'null']) {
      expect((await fetch(server.url, { method: 'POST', headers, body })).status).toBe(400);
    }
    expect(await statusOf(new URL(server.url), '//')).toBe(400);
    expect(await server.ask('initialize')).toMatchObject({ status: 200 });
    expect(await server.process.end()).toMatchObject({ code: 0, stderr: '' });
  });
});

test.each<[string, number[]]>([
  ['3', [3]],
  ['2-4', [2, 3, 4]],
  ['5+', [5, 6, 7]],
  ['1,3-4,7+', [1, 3, 4, 7]],
])('%s of seven are %j', (text, numbers) => {
  const which = Which.read(text);
  expect([1, 2, 3, 4, 5, 6, 7].filter((number) => which?.has(number))).toEqual(numbers);
});

test.each(['', '0', '-1', '1-', '+', '2-1', '1,,2', '1;2', '1.5', 'all'])(
  '%j is no answer to which',
  (text) => {
    expect(Which.read(text)).toBe(null);
  },
);
