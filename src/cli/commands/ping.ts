import { messageOf } from '../../errors.js';
import { codeOf, EXIT, exitOf } from '../exits.js';
import type { Command } from '../Shell.js';
import { wordsFor } from '../serverWords.js';
import { type Cell, writeTable } from '../table.js';

/** `ping [server]` */
export const ping: Command = async (shell) => {
  const { output, args } = shell;
  const backend = await shell.backend();
  const [named] = args;
  const all =
    named === undefined
      ? (await backend.request('servers.list'))
          .filter(({ isDisabled }) => !isDisabled)
          .map(({ name }) => name)
      : [named];
  const answers = await Promise.all(
    all.map(async (server) => {
      try {
        const { health, latency } = await backend.request('server.ping', { server });
        return { server, health, latency, exit: health.status === 'unhealthy' ? EXIT.connection : EXIT.ok };
      } catch (error) {
        if (named !== undefined) throw error;
        return { server, error: { code: codeOf(error), message: messageOf(error) }, exit: exitOf(error) };
      }
    }),
  );
  if (output.isJson) output.json(answers.map(({ exit: _, ...answer }) => answer));
  else {
    const rows = answers.map((answer): Cell[] =>
      'error' in answer
        ? [answer.server, { text: 'unreachable', tone: 'bad' }, wordsFor(answer.error.message, answer.server)]
        : [
            answer.server,
            { text: answer.health.status, tone: answer.health.status === 'healthy' ? 'good' : 'bad' },
            answer.latency === null ? '' : `${answer.latency.toFixed(1)} ms`,
          ],
    );
    writeTable(output, ['server', 'health', 'latency'], rows);
  }
  return answers.find(({ exit }) => exit !== EXIT.ok)?.exit ?? EXIT.ok;
};
