import { didYouMean } from '../../config/suggestions.js';
import { SCRIPTS } from '../completionScripts.js';
import { EXIT, usageError } from '../exits.js';
import type { Command } from '../Shell.js';

/** `completion bash|zsh|fish`; and `completion words -- <words>`, which is for the shells. */
export const completion: Command = async (shell) => {
  const { args, output } = shell;
  const [name, ...words] = args;
  if (name === 'words') {
    const { completeWords } = await import('../completeWords.js');
    for (const { word, text } of await completeWords(shell, words)) {
      output.line(text === '' ? word : `${word}\t${text}`);
    }
    return EXIT.ok;
  }
  const shells = Object.keys(SCRIPTS);
  const script = name !== undefined && Object.hasOwn(SCRIPTS, name) ? SCRIPTS[name] : undefined;
  if (name === undefined) throw usageError(`completion needs a shell: ${shells.join(', ')}`);
  if (script === undefined) {
    throw usageError(
      `completion: found ${JSON.stringify(name)}, expected ${shells.join(', ')}${didYouMean(name, shells)}`,
    );
  }
  if (words[0] !== undefined)
    throw usageError(`completion: found ${JSON.stringify(words[0])}, expected nothing more`);
  if (output.isJson) output.json({ shell: name, script });
  else output.text(script);
  return EXIT.ok;
};
