import { availableParallelism } from 'node:os';
import { type Options, parseCommandLine, type Soak, USAGE, UsageError } from './commandLine.js';
import { Report } from './report.js';
import { type Instruments, installInstruments } from './support/instruments.js';

type Run = (options: Options, report: Report, instruments: Instruments) => Promise<void>;

/** Only the one that runs is loaded: the graph of the properties would weigh on the heap of the others. */
const LOAD: { [soak in Soak]: () => Promise<Run> } = {
  properties: async () => (await import('./properties/soak.js')).soakProperties,
  storm: async () => (await import('./storm/storm.js')).soakStorm,
  leaks: async () => (await import('./leaks/leaks.js')).soakLeaks,
  load: async () => (await import('./load/load.js')).soakLoad,
};

function readOptions(): Options | null {
  try {
    return parseCommandLine(process.argv.slice(2));
  } catch (error) {
    refuse(error);
    return null;
  }
}

function refuse(error: unknown): number {
  console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  return 2;
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) return 2;
  const report = new Report();
  const instruments = installInstruments();
  const { soak, seed } = options;
  console.log(`\n${soak}: Node ${process.version}, ${availableParallelism()} cores, --seed ${seed}`);
  const began = performance.now();
  const run = await LOAD[soak]();
  try {
    await run(options, report, instruments);
  } catch (error) {
    if (error instanceof UsageError) return refuse(error);
    throw error;
  }
  report.title(`${soak} took ${((performance.now() - began) / 1_000).toFixed(0)} s`);
  console.log(report.failures.length === 0 ? 'All held.' : `${report.failures.length} did not hold.`);
  return report.failures.length === 0 ? 0 : 1;
}

// However it ends, no server is left: `exit` is heard, a signal that nobody handles is not.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(2));
// What was left behind, if anything, must not keep this process from its end.
process.exit(await main());
