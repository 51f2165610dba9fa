import { closeSync } from 'node:fs';
import { startChild } from './children.js';
import { floodOf, STDERR, STDOUT, writeNow } from './descriptors.js';
import { type Fields, numberOf, textOf, textual } from './message.js';
import type { Settings } from './settings.js';

/** What a tool may want of its server. */
export interface StdioToolbox {
  readonly settings: Settings;
  readonly received: { readonly [method: string]: number };
  readonly held: Map<unknown, () => void>;
  /** Answers of `together` that wait for the others. */
  gathered: string[];
  lineOf(message: object): string;
  say(message: object): void;
}

export interface StdioCall {
  id: unknown;
  args: Fields;
  meta: Fields;
}

export interface StdioTool {
  /** What it does, as `tools/list` says. */
  readonly does: string;
  /** @param answer takes the text of the answer */
  run(call: StdioCall, answer: (text: string) => void, server: StdioToolbox): void;
}

/** For what options cannot say: they misbehave when they are called. */
export const STDIO_TOOLS: { readonly [name: string]: StdioTool } = {
  echo: { does: 'Says `text`.', run: ({ args }, answer) => answer(textOf(args.text)) },
  environment: {
    does: 'Says what is in its environment, as JSON.',
    run: (_, answer) => answer(JSON.stringify(process.env)),
  },
  pid: { does: 'Says its process id.', run: (_, answer) => answer(String(process.pid)) },
  received: {
    does: 'Says how many messages of each method came, as JSON.',
    run: (_, answer, { received }) => answer(JSON.stringify(received)),
  },
  never: { does: 'Never answers.', run: () => {} },
  exit: {
    does: 'Exits with `code`; `text` is its answer before that, if there is one, and `stderr` its last words.',
    run: ({ args: { code, text, stderr } }, answer) => {
      if (stderr !== undefined) writeNow(STDERR, textOf(stderr));
      if (text !== undefined) answer(textOf(text));
      process.exit(numberOf(code, 0));
    },
  },
  kill: {
    does: 'Sends itself the signal `signal`.',
    run: ({ args: { signal } }) => {
      process.kill(process.pid, textOf(signal));
    },
  },
  closeInput: {
    does: 'Closes its standard input, and lives.',
    run: (_, answer) => {
      // Node lets go of its standard streams without closing them.
      process.stdin.destroy();
      setImmediate(() => {
        closeSync(0);
        answer('closed');
      });
      setInterval(() => {}, 60_000);
    },
  },
  closeOutput: { does: 'Closes its standard output, and lives.', run: () => closeSync(STDOUT) },
  stopReading: {
    does: 'Does not read any further.',
    run: (_, answer) => {
      process.stdin.pause();
      answer('stopped');
      setInterval(() => {}, 60_000);
    },
  },
  raw: {
    does: 'Writes `text` as it is on stdout before its answer.',
    run: ({ args }, answer) => {
      writeNow(STDOUT, textOf(args.text));
      answer('written');
    },
  },
  stderr: {
    does: 'Writes `text` as it is on stderr.',
    run: ({ args }, answer) => {
      writeNow(STDERR, textOf(args.text));
      answer('written');
    },
  },
  endless: {
    does: 'Writes a line without an end: `bytes` of it, or as many as are taken.',
    run: ({ args }) => writeEndlessly(numberOf(args.bytes, Number.POSITIVE_INFINITY)),
  },
  stderrFlood: {
    does: 'Writes `bytes` on stderr.',
    run: ({ args }, answer) => {
      writeNow(STDERR, floodOf(numberOf(args.bytes, 0)));
      answer('written');
    },
  },
  burst: {
    does: 'Writes `count` notifications, of `method` if there is one, and then its answer.',
    run: ({ args: { count, method = 'notifications/burst' } }, answer, server) => {
      const line = (index: number) => server.lineOf({ method, params: { index } });
      writeNow(STDOUT, Array.from({ length: numberOf(count, 1) }, (_, index) => line(index)).join(''));
      answer('written');
    },
  },
  together: {
    does: 'Waits until there are `count` such calls, and answers each with its `text`, all in one write.',
    run: ({ id, args: { count, text } }, _answer, server) => {
      server.gathered.push(server.lineOf({ id, result: textual(textOf(text)) }));
      if (server.gathered.length < numberOf(count, 1)) return;
      writeNow(STDOUT, server.gathered.join(''));
      server.gathered = [];
    },
  },
  twice: {
    does: 'Answers with `text`, and once more with `again`.',
    run: ({ args: { text, again } }, answer) => {
      answer(textOf(text));
      answer(textOf(again));
    },
  },
  late: {
    does: 'Answers with `text`, but only when it was cancelled.',
    run: ({ id, args }, answer, { held }) => {
      held.set(id, () => answer(textOf(args.text)));
    },
  },
  progress: {
    does: 'Reports progress every so many milliseconds, `every`, until it is cancelled.',
    run: ({ id, args, meta: { progressToken } }, _answer, server) => {
      let progress = 0;
      const timer = setInterval(
        () => {
          progress += 1;
          server.say({ method: 'notifications/progress', params: { progressToken, progress } });
        },
        numberOf(args.every, 1_000),
      );
      server.held.set(id, () => clearInterval(timer));
    },
  },
  answerRaw: {
    does: 'Writes `lines`, with ID in them replaced by the id of the call; its answer should be among them.',
    run: ({ id, args: { lines } }, _answer, { settings }) => {
      const all = Array.isArray(lines) ? lines.map(textOf) : [];
      writeNow(STDOUT, all.map((line) => line.replaceAll('ID', textOf(id)) + settings.newline).join(''));
    },
  },
  nested: {
    does: 'Answers with lists in lists, `depth` deep: deeper than most can write.',
    run: ({ id, args }) => {
      const depth = numberOf(args.depth, 1);
      const value = `${'['.repeat(depth)}${']'.repeat(depth)}`;
      const result = `{"content":[],"structuredContent":{"value":${value}}}`;
      writeNow(STDOUT, `{"result":${result},"jsonrpc":"2.0","id":${JSON.stringify(id)}}\n`);
    },
  },
  child: {
    does: 'Starts a child that holds its output, with the options `flags`, in a group of its own if it is a `stray`. Says its pid.',
    run: ({ args: { stray, flags } }, answer, { settings }) => {
      const options = Array.isArray(flags) ? flags.map(textOf) : [];
      answer(String(startChild(settings, stray === true, options)));
    },
  },
};

function writeEndlessly(bytes: number): void {
  const piece = Buffer.alloc(65_536, 'x');
  let left = bytes;
  const more = (): void => {
    if (left <= 0) return;
    left -= piece.length;
    process.stdout.write(piece, (error) => (error ? process.exit(0) : more()));
  };
  process.stdout.on('error', () => process.exit(0));
  more();
}
