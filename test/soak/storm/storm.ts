import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionManager, type ServerDefinition } from '../../../src/index.js';
import type { Options } from '../commandLine.js';
import type { Report } from '../report.js';
import { Baseline } from '../support/baseline.js';
import { COUNTING_SERVER } from '../support/countingServer.js';
import type { Instruments } from '../support/instruments.js';
import { drawFaults, type Fault } from './faults.js';
import { HttpHost } from './httpHost.js';
import { Station } from './station.js';
import { Tally } from './tally.js';
import { judge } from './verdict.js';
import { Watchdog } from './watchdog.js';

const MOST_HTTP_HOSTS = 4;
const STATIONS_PER_HOST = 4;
const FAULTS_PER_HOST = 20;

export async function soakStorm(options: Options, report: Report, instruments: Instruments): Promise<void> {
  const ledgers = mkdtempSync(join(tmpdir(), 'lifeline-storm-'));
  process.once('exit', () => rmSync(ledgers, { recursive: true, force: true }));
  try {
    if (options.faults > 0) await stdioStorm(options, ledgers, report, instruments);
    if (options.httpFaults > 0) await httpStorm(options, ledgers, report, instruments);
  } finally {
    instruments.children.kill();
  }
}

/** Every connection has a server of its own. */
async function stdioStorm(options: Options, ledgers: string, report: Report, instruments: Instruments) {
  const { children } = instruments;
  report.title(`storm over stdio: ${options.servers} servers, ${options.faults} faults`);
  const warmUp = () =>
    connectOnce({ command: process.execPath, args: [COUNTING_SERVER, join(ledgers, 'warm')] });
  const baseline = await Baseline.around(warmUp, instruments.timers);
  const settledInAll = new Tally();
  const stations = Array.from({ length: options.servers }, (_, index) => {
    const ledger = join(ledgers, `stdio-${index}`);
    const server = { command: process.execPath, args: [COUNTING_SERVER, ledger] };
    return new Station(`stdio-${index}`, server, ledger, options.seed + 16 * index, settledInAll);
  });
  const inject = async ({ ledger }: Station, { kind, pause }: Fault) => {
    const child = await children.next(ledger);
    if (kind === 'kill') child.kill('SIGKILL');
    else if (kind === 'end') child.stdin?.end();
    else child.kill('SIGSTOP');
    if (kind === 'pause') void settledInAll.after(pause).then(() => child.kill('SIGCONT'));
  };
  await rage(
    stations,
    drawFaults(options.seed, stations.length, options.faults),
    inject,
    settledInAll,
    report,
  );
  judge(stations, report);
  report.figure('processes started', children.pids.length);
  report.expect(children.twins.length === 0, 'servers started beside a living one', children.twins.length);
  await expectNothingLeft(stations, baseline, report, instruments);
}

/** Several connections share each server, which is started again on its port when it was killed. */
async function httpStorm(options: Options, ledgers: string, report: Report, instruments: Instruments) {
  const servers = Math.min(MOST_HTTP_HOSTS, Math.ceil(options.httpFaults / FAULTS_PER_HOST));
  report.title(`storm over HTTP: ${servers} servers, ${options.httpFaults} faults`);
  const warmUp = async () => {
    const host = await HttpHost.start(COUNTING_SERVER, join(ledgers, 'warm'));
    await connectOnce({ url: host.url, type: 'http' });
    await host.stop();
  };
  const baseline = await Baseline.around(warmUp, instruments.timers);
  const settledInAll = new Tally();
  const hosts = await Promise.all(
    Array.from({ length: servers }, (_, index) =>
      HttpHost.start(COUNTING_SERVER, join(ledgers, `http-${index}`)),
    ),
  );
  const stations = hosts.flatMap((host, index) =>
    Array.from({ length: STATIONS_PER_HOST }, (_, place) => {
      const number = index * STATIONS_PER_HOST + place;
      return new Station(
        `http-${number}`,
        { url: host.url, type: 'http' },
        host.ledger,
        options.seed + 16 * number,
        settledInAll,
      );
    }),
  );
  const inject = async (station: Station, { kind, pause }: Fault) => {
    const host = hosts[Math.floor(stations.indexOf(station) / STATIONS_PER_HOST)];
    if (host === undefined) throw new Error(`${station.name} has no host`);
    if (kind === 'kill') await host.restart();
    else if (kind === 'end') host.forgetSessions();
    else {
      // Nobody replaces a server that is not ours: it goes on when it has been found, at the latest.
      const found = station.manager.waitFor(({ status }) => status !== 'connected');
      host.freezeUntil(kind === 'pause' ? Promise.race([settledInAll.after(pause), found]) : found);
    }
  };
  const faults = drawFaults(options.seed, stations.length, options.httpFaults);
  await rage(stations, faults, inject, settledInAll, report);
  judge(stations, report);
  await Promise.all(stations.map(({ manager }) => manager.terminate()));
  await Promise.all(hosts.map((host) => host.stop()));
  await expectNothingLeft(stations, baseline, report, instruments);
}

async function connectOnce(server: ServerDefinition): Promise<void> {
  const manager = new ConnectionManager({ name: 'warm', server });
  await manager.connect();
  await manager.terminate();
}

async function rage(
  stations: readonly Station[],
  faults: readonly (readonly Fault[])[],
  inject: (station: Station, fault: Fault) => Promise<void>,
  settledInAll: Tally,
  report: Report,
): Promise<void> {
  const watchdog = new Watchdog(stations, settledInAll, report);
  await Promise.all(stations.map((station) => station.begin()));
  // All call until the last has met its faults: pauses are counted in the calls of all.
  const storms = stations.map((station, index) =>
    station.weather(faults[index] ?? [], (fault) => inject(station, fault)),
  );
  await Promise.all(storms);
  await Promise.all(stations.map((station) => station.end()));
  settledInAll.end();
  watchdog.stop();
  const kinds = new Map<string, number>();
  for (const { kind } of faults.flat()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const injected = stations.reduce((total, station) => total + station.injected, 0);
  report.expect(injected === faults.flat().length, 'faults injected', injected);
  report.figure('  fingerprint of their order', fingerprint(faults));
  report.figure('  of each kind', [...kinds].map(([kind, count]) => `${kind} ${count}`).join(', '));
}

async function expectNothingLeft(
  stations: readonly Station[],
  baseline: Baseline,
  report: Report,
  { children, incidents }: Instruments,
): Promise<void> {
  await Promise.all(stations.map(({ manager }) => manager.terminate()));
  const alive = stations.filter(({ manager }) => manager.state.status !== 'terminated');
  report.expect(alive.length === 0, 'connections not terminated', alive.length);
  const differences = await baseline.restored();
  report.expect(children.left.length === 0, 'processes and groups left', children.left.join(', ') || 0);
  report.expect(differences.length === 0, 'descriptors, timers, listeners left', differences.join('; ') || 0);
  report.expect(
    incidents.seen.length === 0,
    'exceptions, rejections, warnings',
    incidents.seen.join('\n') || 0,
  );
}

/** Tells whether two runs had the same faults in the same order. */
function fingerprint(faults: readonly (readonly Fault[])[]): string {
  return createHash('sha256').update(JSON.stringify(faults)).digest('hex').slice(0, 12);
}
