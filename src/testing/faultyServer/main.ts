#!/usr/bin/env node
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, resolve } from 'node:path';
import { PACKAGE } from '../../package.js';
import { startChild } from './children.js';
import { Counts } from './counts.js';
import { STDERR, STDOUT, writeNow } from './descriptors.js';
import { COMMAND, helpText } from './help.js';
import { HttpServer } from './httpServer.js';
import { noteIn } from './ledger.js';
import { readOptions, UsageError, wrongValue } from './readOptions.js';
import { type Settings, settingsOf } from './settings.js';
import { StdioServer } from './stdioServer.js';

const WRONG_OPTIONS = 2;

function main(words: readonly string[]): void {
  if (words.includes('--help')) {
    writeNow(STDOUT, helpText());
    return;
  }
  if (words.includes('--version')) {
    writeNow(STDOUT, `${PACKAGE.version}\n`);
    return;
  }
  const settings = settingsOf(readOptions(words));
  checkFiles(settings);
  if (settings.watch === null) serve(settings);
  else serveWatched(settings, settings.watch);
}

function serve(settings: Settings): void {
  const counts = new Counts(settings.countIn);
  const start = counts.next('start');
  // Before it says anything: whoever reads that may send a signal at once.
  if (settings.ignoresTerm) process.on('SIGTERM', () => onTerm(settings));
  if (settings.stderr !== null) writeNow(STDERR, `${settings.stderr}\n`);
  if (settings.stdout !== null) writeNow(STDOUT, settings.stdout);
  if (settings.crashOnStart?.has(start) === true) process.exit(settings.exitCode);
  if (settings.hasChild) startChild(settings, false);
  if (settings.hasStray) startChild(settings, true);
  if (settings.hangOnStart?.has(start) === true) {
    setInterval(() => {}, 60_000);
    return;
  }
  if (settings.port === null) new StdioServer(settings, counts).serve();
  else serveHttp(settings, counts, settings.port);
}

/** @throws UsageError where a file cannot be written: later there would be nobody to tell. */
function checkFiles({ countIn, ledger, record }: Settings): void {
  for (const [option, file] of Object.entries({ 'count-in': countIn, ledger, record })) {
    if (file === null) continue;
    try {
      // Not by making it: that it is there tells that something was begun.
      const isThere = existsSync(file);
      if (isThere && statSync(file).isDirectory()) throw new Error('it is a directory');
      accessSync(isThere ? file : dirname(resolve(file)), constants.W_OK);
    } catch (error) {
      throw wrongValue(
        option,
        file,
        `a file that can be written (${error instanceof Error ? error.message : error})`,
      );
    }
  }
}

/** On stdio it also says that it heard it, hanging or not. */
function onTerm({ ledger, port, newline }: Settings): void {
  noteIn(ledger, 'SIGTERM');
  const heard = { jsonrpc: '2.0', method: 'notifications/signal', params: { signal: 'SIGTERM' } };
  if (port === null) writeNow(STDOUT, JSON.stringify(heard) + newline);
}

function serveHttp(settings: Settings, counts: Counts, port: number): void {
  if (settings.endsWithInput) process.stdin.resume().on('end', () => process.exit(0));
  new HttpServer(settings, counts).listen(port).then(
    (url) => writeNow(STDOUT, `${url}\n`),
    (error: Error) => {
      writeNow(STDERR, `${COMMAND}: --http: cannot listen on port ${port}: ${error.message}\n`);
      process.exit(1);
    },
  );
}

/** Only when it is watched does it live: whoever hears of it can be sure to hear of its end. */
function serveWatched(settings: Settings, port: number): void {
  const socket = connect(port, '127.0.0.1', () => {
    serve(settings);
    // Not before it serves: whoever hears of it may send it a signal at once.
    socket.write(`${process.pid}\n`);
    socket.unref();
  });
  socket.on('error', () => process.exit(1));
  // Whoever watched is gone, and so is the test.
  socket.on('close', () => process.exit(1));
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  writeNow(STDERR, `${COMMAND}: ${error.message}\n${COMMAND} --help lists the options.\n`);
  process.exitCode = WRONG_OPTIONS;
}
