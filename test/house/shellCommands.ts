import { EVERYWHERE, readCommandLine } from '../../src/cli/commandLine.js';
import { COMMANDS } from '../../src/cli/commands.js';

/** What npm knows of the package: its scripts, and what a reader may install. */
export interface NpmFacts {
  scripts: readonly string[];
  packages: readonly string[];
}

/** What every shell has, and what the texts may use without further ado. */
const SHELLS_OWN = ['cat', 'cd', 'echo', 'eval', 'export', 'mkdir', 'source', 'node'];

/** What is wrong with the commands of a block for the shell, one sentence each. */
export function shellFlaws(code: string, npm: NpmFacts): string[] {
  return code
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .flatMap(commandsIn)
    .flatMap((words) => flawsOf(words, npm).map((flaw) => `${words.join(' ')}: ${flaw}`));
}

/** The commands of a line: those between `&&`, `||`, `;` and `|`, and those in `$( )`. */
function commandsIn(line: string): string[][] {
  const inner = [...line.matchAll(/\$\(([^()]*)\)/g)].flatMap(([, text = '']) => commandsIn(text));
  const commands: string[][] = [[]];
  const tokens =
    /(?<comment>(?<!\S)#.*$)|(?<divider>&&|[|]{1,2}|;)|(?<redirection>[12]?>>?|<)|(?<word>(?:'[^']*'|"[^"]*"|[^\s'"|;&<>])+)/g;
  let isTarget = false;
  for (const { groups } of line.replaceAll(/\$\([^()]*\)/g, 'output').matchAll(tokens)) {
    if (groups?.comment !== undefined) break;
    if (groups?.divider !== undefined) commands.push([]);
    const word = groups?.word;
    // What an output goes to is no argument.
    if (word !== undefined && !isTarget) commands.at(-1)?.push(unquoted(word));
    isTarget = groups?.redirection !== undefined;
  }
  return [...commands.map(withoutVariables).filter((words) => words.length > 0), ...inner];
}

function unquoted(word: string): string {
  return word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double);
}

function withoutVariables(words: readonly string[]): string[] {
  const start = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  return start === -1 ? [] : words.slice(start);
}

function flawsOf([program = '', ...rest]: readonly string[], npm: NpmFacts): string[] {
  if (program === 'npx' && rest[0] === 'lifeline') return lifelineFlaws(rest.slice(1));
  if (program === 'lifeline') return lifelineFlaws(rest);
  if (program === 'npm') return npmFlaws(rest, npm);
  return SHELLS_OWN.includes(program) ? [] : ['no command that is known here'];
}

function lifelineFlaws(words: readonly string[]): string[] {
  try {
    const { command, args, options } = readCommandLine(words);
    if (command === '' || command === 'help' || options.version === true) return [];
    const entry = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
    if (entry === undefined) return [`there is no command ${command}`];
    const known = [...entry.options, ...EVERYWHERE];
    const foreign = Object.keys(options).filter((option) => !known.some((each) => each === option));
    return [
      ...foreign.map((option) => `${command} has no --${option}`),
      ...(args.length > entry.most ? [`${command} takes ${entry.most} arguments`] : []),
    ];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function npmFlaws([verb = '', ...rest]: readonly string[], { scripts, packages }: NpmFacts): string[] {
  const plain = rest.filter((word) => !word.startsWith('-'));
  switch (verb) {
    case 'ci':
      return [];
    case 'start':
    case 'test':
      return scripts.includes(verb) ? [] : [`there is no script ${verb}`];
    case 'run':
      return plain
        .slice(0, 1)
        .filter((script) => !scripts.includes(script))
        .map((script) => `there is no script ${script}`);
    case 'i':
    case 'install':
      return plain.filter((name) => !packages.includes(name)).map((name) => `${name} is none of ours`);
    default:
      return [`npm ${verb} is not known here`];
  }
}
