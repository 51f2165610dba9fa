import { resolve } from 'node:path';
import { messageOf } from '../../errors.js';
import type { Adapter, Certificate, CertifyOptions, StoryResult } from '../../testing/certify/index.js';
import { CommandError, codeOf, EXIT, usageError } from '../exits.js';
import type { Output } from '../Output.js';
import type { Command, Shell } from '../Shell.js';
import { type Cell, writeTable } from '../table.js';

/** `certify <adapter> [--transport …] [--only …] [--patience …]`: what of a stranger's connection manager holds. */
export const certify: Command = async (shell) => {
  const { output, args, options } = shell;
  const [file] = args;
  if (file === undefined) throw usageError('certify needs the file of an adapter');
  const { transport, only, patience } = options;
  if (transport !== undefined && transport !== 'stdio' && transport !== 'http') {
    throw usageError(`--transport: found ${JSON.stringify(transport)}, expected stdio or http`);
  }
  const kit = await import('../../testing/certify/index.js');
  const unhandled: string[] = [];
  process.setUncaughtExceptionCaptureCallback((error) => {
    unhandled.push(messageOf(error));
  });
  const certificate = await undisturbed(output, async () => {
    const adapter = await asUsage(kit, () => kit.loadAdapter(resolve(file)));
    return play(shell, kit, adapter, { transport, only, patience });
  });
  if (output.isJson) output.json({ ...certificate, unhandled });
  else write(shell, certificate, unhandled);
  return certificate.failed === 0 && unhandled.length === 0 ? EXIT.ok : EXIT.answered;
};

type Kit = typeof import('../../testing/certify/index.js');

async function asUsage<T>({ AdapterError }: Kit, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AdapterError) throw usageError(error.message);
    // The options of the kit are those of the command.
    throw codeOf(error) === 'CONFIG_INVALID' ? usageError(`--${messageOf(error)}`) : error;
  }
}

/**
 * Does what a stranger's code takes part in. The standard output is for the result, whatever the subject has to say; and
 * who ends the process, or leaves it nothing to wait for, has passed nothing.
 */
async function undisturbed<T>(output: Output, work: () => Promise<T>): Promise<T> {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  stdout.write = stderr.write.bind(stderr);
  const onexit = (code: number) => {
    // A second interruption does not wait.
    if (code === EXIT.interrupted || code === EXIT.terminated) return;
    stdout.write = write;
    const message = `certify: found the end of the process (exit code ${code}) before that of the stories, expected an adapter that leaves it alone and that loads`;
    if (output.isJson) output.json({ error: { code: 'USAGE', message, exitCode: EXIT.usage } });
    else output.note(`lifeline: ${message}`);
    process.exitCode = EXIT.usage;
  };
  process.once('exit', onexit);
  try {
    return await work();
  } finally {
    process.off('exit', onexit);
    stdout.write = write;
  }
}

async function play(
  { output, deadline }: Shell,
  kit: Kit,
  adapter: Adapter,
  options: CertifyOptions,
): Promise<Certificate> {
  const late = new AbortController();
  const tooLate = () => late.abort(new CommandError('REQUEST_TIMEOUT', deadline.words));
  const timer = setTimeout(tooLate, deadline.left);
  let done = 0;
  const onresult = ({ status }: StoryResult) => {
    if (status === 'not applicable') return;
    done += 1;
    output.progress(`${done} stories`);
  };
  const signal = AbortSignal.any([deadline.signal, late.signal]);
  try {
    return await asUsage(kit, () => kit.certify(adapter, { ...options, onresult, signal }));
  } finally {
    clearTimeout(timer);
    output.progress(null);
  }
}

const TONES = { passed: 'good', failed: 'bad', 'not applicable': 'dim' } as const;

function write({ output }: Shell, certificate: Certificate, unhandled: readonly string[]): void {
  const { subject, stories, passed, failed, notApplicable } = certificate;
  const rows = stories.map(({ transport, story, status, reason = '', failure }): Cell[] => [
    { text: status, tone: TONES[status] },
    transport,
    story,
    failure?.invariant.id ?? reason,
  ]);
  writeTable(output, ['', 'transport', 'story', ''], rows);
  for (const { failure } of stories) {
    if (failure !== undefined) output.text(`\n${failure.text}`);
  }
  for (const each of unhandled) output.text(`\nnobody handled: ${each}`);
  output.text(`\n${subject}: ${passed} passed, ${failed} failed, ${notApplicable} not applicable`);
}
