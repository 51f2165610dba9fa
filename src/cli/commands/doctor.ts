import { describeProblem } from '../../config/configFileError.js';
import { loadConfig } from '../../config/loadConfig.js';
import { demandTrust } from '../../daemon/client/setting.js';
import { messageOf } from '../../errors.js';
import { checkSafePlaces } from '../../ipc/safeDirectory.js';
import { codeOf, EXIT, exitOf } from '../exits.js';
import type { Command, Shell } from '../Shell.js';
import { wordsFor } from '../serverWords.js';
import { writeTable } from '../table.js';

interface Finding {
  /** What was looked at. */
  check: string;
  status: 'ok' | 'warning' | 'error';
  text: string;
  /** What an error comes to. */
  exit?: number;
}

/** `doctor`: looks at everything that a call needs. Starts the servers, as a call would, and no daemon. */
export const doctor: Command = async (shell) => {
  const { output } = shell;
  const findings: Finding[] = [];
  for await (const finding of examine(shell)) findings.push(finding);
  if (output.isJson) output.json(findings.map(({ exit: _, ...finding }) => finding));
  else {
    const tones = { ok: 'good', warning: 'busy', error: 'bad' } as const;
    writeTable(
      output,
      ['', 'check', ''],
      findings.map(({ check, status, text }) => [{ text: status, tone: tones[status] }, check, text]),
    );
  }
  return findings.find(({ status }) => status === 'error')?.exit ?? EXIT.ok;
};

async function* examine(shell: Shell): AsyncGenerator<Finding> {
  yield { check: 'node', status: 'ok', text: process.version };
  const { setting } = shell;
  const { path, source, places, text } = setting;
  yield { check: 'configuration', status: 'ok', text: `${path} (${source})` };
  let names: string[];
  try {
    demandTrust(setting);
    const { servers, warnings } = loadConfig({ path, text, env: process.env });
    for (const warning of warnings) {
      yield { check: 'configuration', status: 'warning', text: describeProblem(warning) };
    }
    names = [...servers.values()].filter(({ disabled }) => !disabled).map(({ name }) => name);
  } catch (error) {
    yield failed('configuration', error);
    return;
  }
  try {
    const isThere = checkSafePlaces(places);
    yield {
      check: 'runtime directory',
      status: 'ok',
      text: `${places.directory}${isThere ? '' : ' (not made yet)'}`,
    };
    const daemon = await shell.runningDaemon();
    const pid = (await daemon?.request('daemon.status'))?.pid;
    yield {
      check: 'daemon',
      status: 'ok',
      text: pid === undefined ? 'none is running' : `runs as process ${pid}`,
    };
    await daemon?.close();
  } catch (error) {
    yield failed('daemon', error);
  }
  const { openInProcess } = await import('../inProcess.js');
  const own = openInProcess({ setting, deadline: shell.deadline });
  try {
    for (const server of names) {
      try {
        const { health } = await own.request('server.ping', { server });
        yield { check: `server ${server}`, status: 'ok', text: health.status };
      } catch (error) {
        yield failed(`server ${server}`, error, server);
      }
    }
  } finally {
    await own.close();
  }
}

function failed(check: string, error: unknown, server = ''): Finding {
  const text = `${codeOf(error)}: ${wordsFor(messageOf(error), server)}`;
  return { check, status: 'error', text, exit: exitOf(error) };
}
