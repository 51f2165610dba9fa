import { createInterface } from 'node:readline';
import { Conduct, METHOD_NOT_FOUND, PLANNED_ERROR } from './conduct.js';
import type { Counts } from './counts.js';
import { floodOf, STDERR, STDOUT, writeNow } from './descriptors.js';
import { handshakeResult, toolList } from './handshake.js';
import { noteIn } from './ledger.js';
import { fieldsOf, type Message, messageOf, textOf, textual } from './message.js';
import { PieceWriter } from './pieceWriter.js';
import type { Settings } from './settings.js';
import { STDIO_TOOLS, type StdioToolbox } from './stdioTools.js';

/** A server on the standard streams, and all that its tools may want of it. */
export class StdioServer implements StdioToolbox {
  readonly settings: Settings;
  /** How many messages of each method came. */
  readonly received: { [method: string]: number } = {};
  /** What is to be done when a call is cancelled, by its id. */
  readonly held = new Map<unknown, () => void>();
  gathered: string[] = [];
  readonly #conduct: Conduct;
  readonly #pieces: PieceWriter | null;
  #flood: number;

  constructor(settings: Settings, counts: Counts) {
    this.settings = settings;
    this.#conduct = new Conduct(settings, counts);
    this.#pieces = settings.piece === null ? null : new PieceWriter(settings.piece, settings.isPulled);
    this.#flood = settings.stderrFlood;
  }

  serve(): void {
    if (this.settings.ignoresEnd) setInterval(() => {}, 60_000);
    createInterface({ input: process.stdin }).on('line', (line) => this.#read(line));
    process.stdin.on('end', () => {
      if (!this.settings.ignoresEnd) process.exit(0);
      noteIn(this.settings.ledger, 'end');
      this.say({ method: 'notifications/ended' });
    });
  }

  lineOf(message: object): string {
    return JSON.stringify({ jsonrpc: '2.0', ...message }) + this.settings.newline;
  }

  say(message: object): void {
    const line = this.lineOf(message);
    if (this.#pieces === null) writeNow(STDOUT, line);
    else this.#pieces.write(line);
  }

  #read(line: string): void {
    const message = messageOf(parsed(line));
    if (message === null) return;
    const { id, method, params } = message;
    if (method === undefined) return;
    this.received[method] = (this.received[method] ?? 0) + 1;
    if (method === 'notifications/pull') this.#pieces?.pull();
    if (method === 'notifications/cancelled') this.#cancel(params.requestId);
    if (id !== undefined) this.#handle(message, method);
  }

  #cancel(id: unknown): void {
    const end = this.held.get(id);
    if (end === undefined) return;
    noteIn(this.settings.ledger, 'cancelled');
    this.held.delete(id);
    end();
  }

  #handle(message: Message, method: string): void {
    const deed = this.#conduct.decide(message);
    if (deed.crash === 'before') process.exit(this.settings.exitCode);
    if (deed.answer === 'none') return;
    if (this.#flood > 0) writeNow(STDERR, floodOf(this.#flood));
    this.#flood = 0;
    const act = () => {
      if (deed.hasGarbage) writeNow(STDOUT, `this line is no JSON${this.settings.newline}`);
      if (deed.answer === 'error') this.say({ id: message.id, error: PLANNED_ERROR });
      else this.#answer(message, method);
      if (deed.crash === 'after') process.exit(this.settings.exitCode);
    };
    if (deed.delay > 0) setTimeout(act, deed.delay);
    else act();
  }

  #answer({ id, params }: Message, method: string): void {
    const answer = (result: object) => this.say({ id, result });
    const tool = Object.hasOwn(STDIO_TOOLS, textOf(params.name))
      ? STDIO_TOOLS[textOf(params.name)]
      : undefined;
    if (method === 'initialize') answer(handshakeResult(params, this.settings));
    else if (method === 'ping') answer({});
    else if (method === 'tools/list') answer(toolList(STDIO_TOOLS));
    else if (method === 'tools/call' && tool !== undefined) {
      const call = { id, args: fieldsOf(params.arguments), meta: fieldsOf(params._meta) };
      tool.run(call, (text) => answer(textual(text)), this);
    } else this.say({ id, error: METHOD_NOT_FOUND });
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // What is no JSON is nothing to answer.
    return null;
  }
}
