import { didYouMean } from '../config/suggestions.js';
import { Deadline } from '../daemon/client/Deadline.js';
import { PACKAGE } from '../package.js';
import {
  type CommandLine,
  EVERYWHERE,
  LETTERS,
  OPTION_KINDS,
  type Options,
  readCommandLine,
} from './commandLine.js';
import { COMMANDS, type CommandEntry } from './commands.js';
import { CommandError, EXIT, exitOf, usageError } from './exits.js';
import { Output } from './Output.js';
import { Shell } from './Shell.js';

/**
 * Does what the command line says, all of it: nothing is thrown.
 *
 * @param build the folder of the compiled sources
 * @returns the exit code
 */
export async function run(words: readonly string[], build: string): Promise<number> {
  let output = new Output(asksForJson(words));
  let shell: Shell | null = null;
  let isEndless = false;
  const interruption = watchSignals();
  try {
    const line = readCommandLine(words);
    output = new Output(line.options.json === true);
    const help = await helpFor(line);
    if (help !== null) {
      output.text(help);
      return line.command === '' && line.options.help !== true && line.options.version !== true
        ? EXIT.usage
        : EXIT.ok;
    }
    const { command, args, options } = line;
    const entry = entryOf(line);
    isEndless = entry.isEndless === true || options.watch === true || options.follow === true;
    const limit = options.timeout ?? (isEndless ? 'unlimited' : undefined);
    const deadline = new Deadline(limit, interruption.signal);
    shell = new Shell({
      command,
      args,
      options,
      commands: COMMANDS,
      output,
      deadline,
      build,
      ignoreSignals: interruption.ignore,
    });
    return await (await entry.load())(shell);
  } catch (error) {
    const { code, signal } = interruption;
    const told = signal.aborted ? signal.reason : error;
    // Whoever has seen enough need not be told that they have.
    if (code === null || !isEndless) {
      // What failed may be loaded for it: it is no matter how long that takes.
      const { report } = await import('./report.js');
      await report(told, { output, shell });
    }
    return code ?? exitOf(told);
  } finally {
    await shell?.close();
    await output.flushed();
  }
}

/** As far as one can tell of a command line that cannot be read. */
function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  const options = end === -1 ? words : words.slice(0, end);
  return options.some((word) => word === '--json' || hasLetter(word, 'json'));
}

/** Letters can be joined, up to one that has a value. */
function hasLetter(word: string, option: keyof Options): boolean {
  const [dash, ...letters] = word;
  if (dash !== '-') return false;
  for (const letter of letters) {
    const name = LETTERS[letter];
    if (name === option) return true;
    if (name === undefined || OPTION_KINDS[name] === 'text') return false;
  }
  return false;
}

function entryOf({ command, args, options }: CommandLine): CommandEntry {
  const entry = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (entry === undefined) {
    const meant = didYouMean(command, Object.keys(COMMANDS));
    throw usageError(
      `unknown command ${JSON.stringify(command)}${meant === '' ? '; `lifeline help` lists them' : meant}`,
    );
  }
  const known = [...entry.options, ...EVERYWHERE];
  for (const option of Object.keys(options)) {
    if (known.some((each) => each === option)) continue;
    const expected = known.map((each) => `--${each}`).join(', ');
    throw usageError(`${command} has no option --${option}; it has ${expected}`);
  }
  const extra = args[entry.most];
  if (extra !== undefined)
    throw usageError(`${command}: found ${JSON.stringify(extra)}, expected nothing more`);
  return entry;
}

async function helpFor({ command, args, options }: CommandLine): Promise<string | null> {
  if (options.version === true) return PACKAGE.version;
  if (options.help !== true && command !== '' && command !== 'help') return null;
  const { helpText } = await import('./help.js');
  return helpText(command === 'help' ? (args[0] ?? '') : command);
}

/** The first signal ends the work in good order, the second at once. */
function watchSignals(): {
  readonly signal: AbortSignal;
  readonly code: number | null;
  /** Leaves signals to somebody else. */
  ignore(): void;
} {
  const controller = new AbortController();
  let code: number | null = null;
  const onsignal = (exit: number) => () => {
    if (code !== null) process.exit(exit);
    code = exit;
    controller.abort(new CommandError('INTERRUPTED', 'interrupted'));
  };
  const listeners = { SIGINT: onsignal(EXIT.interrupted), SIGTERM: onsignal(EXIT.terminated) };
  process.on('SIGINT', listeners.SIGINT).on('SIGTERM', listeners.SIGTERM);
  return {
    signal: controller.signal,
    ignore: () => {
      process.off('SIGINT', listeners.SIGINT).off('SIGTERM', listeners.SIGTERM);
    },
    get code() {
      return code;
    },
  };
}
