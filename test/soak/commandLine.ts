import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export const SOAKS = ['properties', 'storm', 'leaks', 'load'] as const;
export type Soak = (typeof SOAKS)[number];

export const USAGE = `npm run test:soak -- [${SOAKS.join(' | ')}] [options]

  --seed N          of everything that is random; default: another one each time, printed
  --steps N         properties: steps to take at least (1000000)
  --property NAME   properties: only this one
  --replay WHAT     properties: the one failure that an earlier run named
  --servers N       storm, load: stdio servers (20)
  --faults N        storm: faults on them (2000)
  --http-faults N   storm: faults on servers over HTTP (200)
  --cycles N        leaks: connections in memory (10000)
  --stdio-cycles N  leaks: connections over stdio (300)
  --part NAME       load: only this one of flood, crowd, starts, kills
  --calls N         load: calls in flight at once (10000)
  --clients N       load: clients within a second (1000)
  --rounds N        load: rounds of 16 commands that start the daemon at once (200)
  --kills N         load: daemons that are killed (200)
`;

/** The command line asks for what there is not. */
export class UsageError extends Error {}

export interface Options {
  soak: Soak;
  seed: number;
  steps: number;
  property: string | undefined;
  replay: string | undefined;
  servers: number;
  faults: number;
  httpFaults: number;
  cycles: number;
  stdioCycles: number;
  part: string | undefined;
  calls: number;
  clients: number;
  rounds: number;
  kills: number;
}

/** @throws Error saying what is wrong with the arguments */
export function parseCommandLine(args: string[]): Options {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seed: text,
      steps: text,
      property: text,
      replay: text,
      servers: text,
      faults: text,
      'http-faults': text,
      cycles: text,
      'stdio-cycles': text,
      part: text,
      calls: text,
      clients: text,
      rounds: text,
      kills: text,
    },
  });
  const soak = SOAKS.find((name) => name === positionals[0]);
  if (soak === undefined || positionals.length > 1)
    throw new Error(`there is no soak '${positionals.join(' ')}'`);
  const count = (name: string, given: string | undefined, fallback: number) => {
    const value = given === undefined ? fallback : Number(given);
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name}: ${given} is no count`);
    return value;
  };
  return {
    soak,
    seed: count('seed', values.seed, randomInt(2 ** 31)),
    steps: count('steps', values.steps, 1_000_000),
    property: values.property,
    replay: values.replay,
    servers: count('servers', values.servers, 20),
    faults: count('faults', values.faults, 2_000),
    httpFaults: count('http-faults', values['http-faults'], 200),
    cycles: count('cycles', values.cycles, 10_000),
    stdioCycles: count('stdio-cycles', values['stdio-cycles'], 300),
    part: values.part,
    calls: count('calls', values.calls, 10_000),
    clients: count('clients', values.clients, 1_000),
    rounds: count('rounds', values.rounds, 200),
    kills: count('kills', values.kills, 200),
  };
}
