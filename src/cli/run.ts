import { didYouMean } from '../config/suggestions.js';
import { Deadline } from '../daemon/client/Deadline.js';
import { PACKAGE } from '../package.js';
import { type CommandLine, type Options, readCommandLine } from './commandLine.js';
import { COMMANDS } from './commands.js';
import { CommandError, EXIT, exitOf, usageError } from './exits.js';
import { Output } from './Output.js';
import { Shell } from './Shell.js';

const EVERYWHERE: readonly (keyof Options)[] = ['config', 'json', 'timeout', 'help', 'version'];

/**
 * Does what the command line says, all of it: nothing is thrown.
 *
 * @param build the folder of the compiled sources
 * @returns the exit code
 */
export async function run(words: readonly string[], build: string): Promise<number> {
  let output = new Output(words.includes('--json'));
  let shell: Shell | null = null;
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
    // What watches ends when its user has seen enough.
    const isEndless = command === 'events' || options.watch === true || options.follow === true;
    const limit = options.timeout ?? (isEndless ? 'unlimited' : undefined);
    const deadline = new Deadline(limit, interruption.signal);
    const commands = Object.keys(COMMANDS);
    shell = new Shell({ command, args, options, commands, output, deadline, build });
    return await (await entry.load())(shell);
  } catch (error) {
    // What failed may be loaded for it: it is no matter how long that takes.
    const { report } = await import('./report.js');
    const told = interruption.signal.aborted ? interruption.signal.reason : error;
    await report(told, { output, shell });
    return interruption.code ?? exitOf(told);
  } finally {
    await shell?.close();
    await output.flushed();
  }
}

function entryOf({ command, args, options }: CommandLine) {
  const entry = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (entry === undefined) {
    throw usageError(
      `unknown command ${JSON.stringify(command)}${didYouMean(command, Object.keys(COMMANDS))}`,
    );
  }
  for (const option of Object.keys(options)) {
    if (![...EVERYWHERE, ...entry.options].some((known) => known === option)) {
      throw usageError(`${command} has no option --${option}`);
    }
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
function watchSignals(): { readonly signal: AbortSignal; readonly code: number | null } {
  const controller = new AbortController();
  let code: number | null = null;
  const onsignal = (exit: number) => () => {
    if (code !== null) process.exit(exit);
    code = exit;
    controller.abort(new CommandError('INTERRUPTED', 'interrupted'));
  };
  process.on('SIGINT', onsignal(EXIT.interrupted));
  process.on('SIGTERM', onsignal(143));
  return {
    signal: controller.signal,
    get code() {
      return code;
    },
  };
}
