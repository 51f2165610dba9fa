import { resolve } from 'node:path';
import { messageOf } from '../../errors.js';
import type { Adapter, Certificate, CertifyOptions, StoryResult } from '../../testing/certify/index.js';
import { CommandError, EXIT, usageError } from '../exits.js';
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
  // The standard output is for the result, whatever the subject has to say.
  console.log = console.info = console.debug = console.error;
  const unhandled: string[] = [];
  process.setUncaughtExceptionCaptureCallback((error) => {
    unhandled.push(messageOf(error));
  });
  const adapter = await asUsage(kit, () => kit.loadAdapter(resolve(file)));
  const certificate = await play(shell, kit, adapter, { transport, only, patience });
  if (certificate.stories.length === 0) {
    throw usageError(`--only: found ${JSON.stringify(only)}, expected words of a story`);
  }
  if (output.isJson) output.json({ ...certificate, unhandled });
  else write(shell, certificate, unhandled);
  return certificate.failed === 0 && unhandled.length === 0 ? EXIT.ok : EXIT.answered;
};

type Kit = typeof import('../../testing/certify/index.js');

async function asUsage<T>({ AdapterError }: Kit, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof AdapterError ? usageError(error.message) : error;
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
