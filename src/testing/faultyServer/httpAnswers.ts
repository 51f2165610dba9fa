import type { IncomingHttpHeaders } from 'node:http';
import { type Deed, METHOD_NOT_FOUND, PLANNED_ERROR } from './conduct.js';
import { handshakeResult, toolList } from './handshake.js';
import type { HttpSessions } from './httpSessions.js';
import { type Fields, fieldsOf, type Message, numberOf, textOf, textual } from './message.js';
import type { Settings } from './settings.js';

export interface SentMessage {
  readonly jsonrpc: '2.0';
  readonly [field: string]: unknown;
}

interface HttpTool {
  readonly does: string;
  /** @returns the text of the answer, or null for none */
  run(args: Fields, headers: IncomingHttpHeaders, sessions: HttpSessions): string | null;
}

export const HTTP_TOOLS: { readonly [name: string]: HttpTool } = {
  echo: { does: 'Says `text`.', run: (args) => textOf(args.text) },
  pid: { does: 'Says its process id.', run: () => String(process.pid) },
  headers: {
    does: 'Says the headers that its call came with, as JSON.',
    run: (_, headers) => JSON.stringify(headers),
  },
  never: { does: 'Never answers.', run: () => null },
  exit: { does: 'Exits with `code`.', run: ({ code }) => process.exit(numberOf(code, 0)) },
  forget: {
    does: 'Forgets every session; the call itself is answered.',
    run: (_args, _headers, sessions) => {
      sessions.forgetAll();
      return 'forgotten';
    },
  },
};

/** What a server over HTTP says to a request. */
export class HttpAnswers {
  readonly #settings: Settings;
  readonly #sessions: HttpSessions;

  constructor(settings: Settings, sessions: HttpSessions) {
    this.#settings = settings;
    this.#sessions = sessions;
  }

  /** @returns null for no answer */
  to(message: Message, { answer }: Deed, headers: IncomingHttpHeaders): SentMessage | null {
    const { id, method, params } = message;
    if (answer === 'none') return null;
    if (answer === 'error') return { jsonrpc: '2.0', id, error: PLANNED_ERROR };
    const result = (value: object): SentMessage => ({ jsonrpc: '2.0', id, result: value });
    if (method === 'initialize') return result(handshakeResult(params, this.#settings));
    if (method === 'ping') return result({});
    if (method === 'tools/list') return result(toolList(HTTP_TOOLS));
    const name = textOf(params.name);
    const tool = Object.hasOwn(HTTP_TOOLS, name) ? HTTP_TOOLS[name] : undefined;
    if (method !== 'tools/call' || tool === undefined) return { jsonrpc: '2.0', id, error: METHOD_NOT_FOUND };
    const said = tool.run(fieldsOf(params.arguments), headers, this.#sessions);
    return said === null ? null : result(textual(said));
  }
}
