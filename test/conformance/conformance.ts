import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, runOrThrow } from '../support/run.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const client = fileURLToPath(new URL('client.mjs', import.meta.url));

/** The package under whose eyes the client runs, and the Node that it needs; ours runs the client. */
export interface Conformance {
  node: string;
  program: string;
}

/** One thing the scenario looked at. */
export interface Check {
  id: string;
  status: 'SUCCESS' | 'WARNING' | 'FAILURE' | 'INFO' | 'SKIPPED';
  errorMessage?: string;
}

export async function bringConformance(): Promise<Conformance> {
  const bring = async (...what: string[]) => {
    const { stdout } = await runOrThrow(process.execPath, ['.ci/bring.mjs', ...what], { cwd: root });
    return stdout.trim();
  };
  return {
    node: await bring('node@24', 'bin/node'),
    program: await bring('@modelcontextprotocol/conformance@0.1.16', 'dist/index.js'),
  };
}

/** Runs our client through a scenario. `transcript` is for whoever has to find out why it failed. */
export async function runScenario({ node, program }: Conformance, scenario: string) {
  const results = mkdtempSync(join(tmpdir(), 'conformance-'));
  try {
    const command = `"${process.execPath}" "${client}"`;
    const args = [program, 'client', '--command', command, '--scenario', scenario, '--output-dir', results];
    const { stdout, stderr } = await run(node, args);
    const files = readdirSync(results, { recursive: true, encoding: 'utf8' });
    const report = files.find((file) => basename(file) === 'checks.json');
    const checks: Check[] =
      report === undefined ? [] : JSON.parse(readFileSync(join(results, report), 'utf8'));
    const transcript = stdout + stderr;
    // The exit code also counts warnings; what it says of the client stands only in its report.
    const isClientContent = !/client (timed out|exited with)/i.test(transcript);
    return { checks, isClientContent, transcript };
  } finally {
    rmSync(results, { recursive: true });
  }
}
