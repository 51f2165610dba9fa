import { LifelineError } from '../errors.js';
import { escapeText } from '../escape.js';

/** Something that is wrong, or odd, in a configuration file. Safe on a terminal, and without secrets. */
export interface ConfigProblem {
  /** Where inside the file: `mcpServers.files.args[1]`. Empty when it is about the file as a whole. */
  readonly path: string;
  /** From 1; null where there is none. */
  readonly line: number | null;
  /** For errors: what was found and what was expected. */
  readonly message: string;
}

/**
 * A configuration file that cannot be used. `problems` has all that was found in one reading; the message
 * tells them on one line.
 */
export class ConfigFileError extends LifelineError {
  /** Path of the file. */
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[], options?: ErrorOptions) {
    super('CONFIG_INVALID', `${file}${tell(problems)}`, options);
    this.file = file;
    this.problems = problems;
  }
}

/** A problem of the file as a whole. */
export function fileError(file: string, found: string, expected: string): ConfigFileError {
  const message = escapeText(`found ${found}, expected ${expected}`);
  return new ConfigFileError(file, [{ path: '', line: null, message }]);
}

/** One problem as a line of a list: `line 4: mcpServers.files.args[1]: found a number, expected a string`. */
export function describeProblem({ path, line, message }: ConfigProblem): string {
  return [line === null ? '' : `line ${line}`, path, message].filter((part) => part !== '').join(': ');
}

/** What follows the file's name. One problem is told as compilers tell it, so that editors find the line. */
function tell(problems: readonly ConfigProblem[]): string {
  const [only] = problems;
  if (only === undefined || problems.length > 1) {
    return `: ${problems.length} problems: ${problems.map(describeProblem).join('; ')}`;
  }
  const { line, ...rest } = only;
  return `${line === null ? '' : `:${line}`}: ${describeProblem({ ...rest, line: null })}`;
}
