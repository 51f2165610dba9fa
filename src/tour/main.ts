/** The demonstration behind `npm start`. */
import { messageOf } from '../errors.js';
import { escapeText } from '../escape.js';
import { PACKAGE } from '../package.js';
import { HELP, type Request, readCommandLine, UsageError, wantsJson } from './commandLine.js';
import type { Reporter, Stage, TourEvent } from './events.js';
import { crashOverHttp, crashOverStdio } from './everythingTour.js';
import { JsonReporter } from './jsonReporter.js';
import { tourOwnServer } from './ownTour.js';
import { codeOf } from './steps.js';
import { TextReporter } from './textReporter.js';

/** Exit codes by the signal that ended the tour, as shells count them. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
/** Whoever read our output is gone. */
const UNREAD = 141;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const reporter = createReporter(wantsJson(args));
  const began = Date.now();
  const tellTour = (event: TourEvent) => reporter.tell({ at: Date.now(), connection: null, ...event });
  const ending = new AbortController();
  const end = listenForTheEnd(ending);
  try {
    const request = readCommandLine(args);
    if (request.kind === 'help') {
      process.stdout.write(HELP);
      return 0;
    }
    tellTour({ event: 'tour.began', version: PACKAGE.version });
    await tour(request, reporter, ending.signal);
    tellTour({ event: 'tour.ended', outcome: 'finished', duration: Date.now() - began });
    return 0;
  } catch (error) {
    const code = end();
    if (code !== null) {
      tellTour({ event: 'tour.ended', outcome: 'interrupted', duration: Date.now() - began });
      return code;
    }
    const failure = { code: codeOf(error), message: messageOf(error) };
    tellTour({ event: 'tour.failed', ...failure });
    reporter.end();
    const prefix = error instanceof UsageError ? '' : `${failure.code}: `;
    process.stderr.write(`${escapeText(prefix + failure.message)}\n`);
    return 1;
  } finally {
    reporter.end();
  }
}

function createReporter(isJson: boolean): Reporter {
  const { stdout } = process;
  const write = (text: string) => {
    stdout.write(text);
  };
  if (isJson) return new JsonReporter(write);
  if (!stdout.isTTY) return new TextReporter(write, { terminal: null });
  return new TextReporter(write, { terminal: stdout, canRedraw: process.env.TERM !== 'dumb' });
}

async function tour(request: Exclude<Request, { kind: 'help' }>, reporter: Reporter, signal: AbortSignal) {
  const stage = (connection: string): Stage => ({
    signal,
    tell: (event, at = Date.now()) => reporter.tell({ at, connection, ...event }),
  });
  if (request.kind === 'own') return tourOwnServer(request, stage('server'));
  await crashOverStdio(stage('stdio'));
  await crashOverHttp(stage('http'));
}

/**
 * A signal ends the tour in order; a second one at once, servers included.
 *
 * @returns tells the exit code of an ending that came before the end; null when none did
 */
function listenForTheEnd(ending: AbortController): () => number | null {
  let code: number | null = null;
  const end = (reason: number) => {
    if (code !== null) process.exit(reason);
    code = reason;
    ending.abort(new Error('the tour was interrupted'));
  };
  for (const [signal, reason] of Object.entries(SIGNALS)) process.on(signal, () => end(reason));
  process.stdout.on('error', () => {
    if (code === null) end(UNREAD);
  });
  return () => code;
}
