import { wordOf } from '../content.js';
import { EXIT, memberOf } from '../exits.js';
import type { Command } from '../Shell.js';

/** `events`: until the daemon leaves, or the user has seen enough. */
export const events: Command = async (shell) => {
  const { output } = shell;
  const backend = await shell.backend();
  await backend.request('events.watch', undefined, {
    onprogress: (news) => {
      const time = memberOf(news, 'time');
      if (output.isJson) output.json(news);
      else {
        const at = new Date(typeof time === 'number' ? time : 0).toISOString();
        const line = [at, wordOf(news, 'server'), wordOf(news, 'kind'), wordOf(news, 'text')];
        output.text(line.join(output.isTerminal ? '  ' : '\t'));
      }
    },
  });
  return EXIT.ok;
};
