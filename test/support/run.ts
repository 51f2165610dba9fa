import { type ChildProcess, spawn } from 'node:child_process';

export interface RunResult {
  /** Exit code; null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  /** Added to the environment of the test. */
  env?: { [name: string]: string };
  /** Ends the process; the result then rejects. */
  signal?: AbortSignal;
}

/** Runs a program to its end, without a shell and without input. Rejects only if it cannot be run. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return collect(command, args, options, () => {});
}

/** Runs a program that would go on for ever until it has said something; then SIGTERM has to end it. */
export async function runUntilItSpeaks(command: string, args: readonly string[], options: RunOptions = {}) {
  const result = await collect(command, args, options, (child) => child.kill('SIGTERM'));
  if (result.signal === 'SIGTERM') return result;
  throw new Error(
    `${command} ${args.join(' ')} ended with code ${result.code}\n${result.stdout}${result.stderr}`,
  );
}

function collect(
  command: string,
  args: readonly string[],
  options: RunOptions,
  onSaid: (child: ChildProcess) => void,
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      signal: options.signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      onSaid(child);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** As `run`, but any end except code 0 is an error that shows what the program said. */
export async function runOrThrow(command: string, args: readonly string[], options: RunOptions = {}) {
  const result = await run(command, args, options);
  if (result.code === 0) return result;
  const end = result.signal ?? `code ${result.code}`;
  throw new Error(`${command} ${args.join(' ')}: ${end}\n${result.stdout}${result.stderr}`);
}
