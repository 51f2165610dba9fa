import { wordOf } from '../content.js';
import { codeOf, EXIT, memberOf } from '../exits.js';
import type { Command } from '../Shell.js';

/** `events`: until the daemon leaves, the time that was given is over, or the user has seen enough. */
export const events: Command = async (shell) => {
  const { output, deadline } = shell;
  const backend = await shell.backend();
  const show = (news: unknown) => {
    const time = memberOf(news, 'time');
    if (output.isJson) output.json(news);
    else {
      const at = new Date(typeof time === 'number' ? time : 0).toISOString();
      const line = [at, wordOf(news, 'server'), wordOf(news, 'kind'), wordOf(news, 'text')];
      output.text(line.join(output.isTerminal ? '  ' : '\t'));
    }
  };
  try {
    await backend.request('events.watch', undefined, { onprogress: show });
  } catch (error) {
    const isSeen = codeOf(error) === 'REQUEST_TIMEOUT' && deadline.isOver;
    if (!isSeen) throw error;
  }
  return EXIT.ok;
};
