import { isOption, LETTERS, OPTION_KINDS, type Options } from './commandLine.js';

/** A command line that somebody is still writing. */
export interface UnfinishedLine {
  command: string;
  args: readonly string[];
  /** The configuration that it names. */
  config: string | undefined;
  /** The option whose value is next. */
  awaits: keyof Options | undefined;
  /** Whether `--` was there. */
  isPastOptions: boolean;
}

/** Reads what is there, and lets everything pass. */
export function readUnfinished(words: readonly string[]): UnfinishedLine {
  const plain: string[] = [];
  let config: string | undefined;
  let awaits: keyof Options | undefined;
  let isPastOptions = false;
  for (const word of words) {
    if (awaits !== undefined) {
      if (awaits === 'config') config = word;
      awaits = undefined;
    } else if (isPastOptions || !word.startsWith('-') || word === '-') plain.push(word);
    else if (word === '--') isPastOptions = true;
    else if (word.startsWith('--config=')) config = word.slice('--config='.length);
    else awaits = valued(word);
  }
  const [command = '', ...args] = plain;
  return { command, args, config, awaits, isPastOptions };
}

/** The option that this word is, if it takes a value. */
function valued(word: string): keyof Options | undefined {
  const name = word.startsWith('--') ? word.slice(2) : LETTERS[word.slice(1)];
  return name !== undefined && isOption(name) && OPTION_KINDS[name] === 'text' ? name : undefined;
}
