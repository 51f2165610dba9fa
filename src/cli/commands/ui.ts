import { DaemonLink } from '../../daemon/client/DaemonLink.js';
import { serveInspector } from '../../inspect/serveInspector.js';
import { DaemonSource } from '../DaemonSource.js';
import { codeOf, EXIT, usageError } from '../exits.js';
import { openInBrowser } from '../openInBrowser.js';
import type { Command, Shell } from '../Shell.js';

/** `ui [--port <port>] [--open]`: until the user has seen enough, or the time that was given is over. */
export const ui: Command = async (shell) => {
  const { output, setting, options } = shell;
  const port = portOf(options.port);
  // As every command that needs it, it starts the daemon; later, nobody does for somebody who only looks.
  await (await shell.backend()).request('daemon.status');
  await using source = new DaemonSource(new DaemonLink({ setting, mayStart: false }));
  await using inspector = await serve(source, port);
  if (output.isJson) output.json({ url: inspector.url });
  else {
    output.text(inspector.url);
    output.note(
      'Open it in a browser on this machine. Whoever has this address can look, too. Ctrl-C ends it.',
    );
  }
  const failed = () => output.note('There is nothing here to open a browser with.');
  const remove = options.open === true ? openInBrowser(inspector.url, failed) : () => {};
  try {
    await untilOver(shell);
  } finally {
    remove();
  }
  return EXIT.ok;
};

async function serve(source: DaemonSource, port: number) {
  try {
    return await serveInspector({ source, port });
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE' && codeOf(error) !== 'EACCES') throw error;
    throw usageError(`--port: ${port} cannot be had (${codeOf(error)}); expected one that is free`);
  }
}

function portOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw usageError(`--port: found ${JSON.stringify(text)}, expected a number from 0 to 65535`);
}

/** @throws the reason of the deadline's signal, when the user has had enough */
function untilOver({ deadline }: Shell): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, deadline.left);
    const onabort = () => {
      clearTimeout(timer);
      reject(deadline.signal.reason);
    };
    if (deadline.signal.aborted) onabort();
    else deadline.signal.addEventListener('abort', onabort, { once: true });
  });
}
