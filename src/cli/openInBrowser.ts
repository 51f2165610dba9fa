import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OPENERS: { readonly [platform: string]: string } = { darwin: 'open', win32: 'explorer' };

/**
 * Opens an address that is a secret in the user's browser. It is in no argument, which everybody on the machine can read:
 * the browser is given a file of the user's alone that leads there.
 *
 * @param failed called when there is nothing to open it with
 * @returns removes the file
 */
export function openInBrowser(url: string, failed: () => void): () => void {
  // It can be entered by its owner alone.
  const folder = mkdtempSync(join(tmpdir(), 'lifeline-ui-'));
  const remove = () => {
    process.off('SIGHUP', onhangup);
    rmSync(folder, { recursive: true, force: true });
  };
  // The terminal was closed, which ends the command at once. Without a listener, it does so again.
  const onhangup = () => {
    remove();
    process.kill(process.pid, 'SIGHUP');
  };
  // Before there is anything to leave behind.
  process.once('SIGHUP', onhangup);
  const file = join(folder, 'open.html');
  const page = `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0; url=${url}"><title>lifeline</title><a href="${url}">Connections</a>\n`;
  writeFileSync(file, page, { mode: 0o600 });
  const opener = spawn(OPENERS[process.platform] ?? 'xdg-open', [file], { stdio: 'ignore', detached: true });
  opener.once('error', failed);
  // It has found nothing to open it with. The one of Windows says so always.
  if (process.platform !== 'win32') opener.once('exit', (code) => code !== 0 && code !== null && failed());
  opener.unref();
  return remove;
}
