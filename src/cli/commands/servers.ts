import type { ServerSummary } from '../../daemon/protocol.types.js';
import { EXIT } from '../exits.js';
import { howToConfigure } from '../firstSteps.js';
import type { Command } from '../Shell.js';
import { wordsFor } from '../serverWords.js';
import { type Cell, writeTable } from '../table.js';

/** `servers` */
export const servers: Command = async (shell) => {
  const { output, setting } = shell;
  const all = await (await shell.backend()).request('servers.list');
  if (output.isJson) output.json({ config: setting.path, source: setting.source, servers: all });
  else {
    writeTable(output, ...serverTable(all));
    if (setting.source === 'demo') {
      output.note(`lifeline: this server ships with it, to try it with; ${howToConfigure()}`);
    }
  }
  return EXIT.ok;
};

/** A line for each server. */
export function serverTable(all: readonly ServerSummary[]): [string[], Cell[][]] {
  const rows = all.map(({ name, kind, isDisabled, status, health, error }): Cell[] => [
    name,
    kind,
    isDisabled ? 'disabled' : { text: status, tone: toneOf(status) },
    health === null ? '' : { text: health.status, tone: health.status === 'healthy' ? 'good' : 'bad' },
    error === null ? '' : wordsFor(error.message, name),
  ]);
  return [['server', 'kind', 'status', 'health', ''], rows];
}

function toneOf(status: ServerSummary['status']) {
  if (status === 'connected') return 'good';
  if (status === 'failed') return 'bad';
  return status === 'disconnected' || status === 'terminated' ? 'dim' : 'busy';
}
