import type { ConnectionStats } from '../index.js';
import { milliseconds } from './line.js';
import type { Paint } from './style.js';

const ROWS: readonly (readonly [label: string, value: (stats: ConnectionStats) => string])[] = [
  ['sessions opened', ({ attempts }) => String(attempts)],
  ['connected', ({ connects, reconnections }) => `${connects}×, ${reconnections} after a loss`],
  ['ended by', ({ disconnects }) => counts(disconnects)],
  ['probes', ({ probes }) => `${probes.passed} passed, ${probes.failed} failed`],
  [
    'mean round trip',
    ({ probes }) => (probes.meanLatency === null ? 'none' : milliseconds(probes.meanLatency)),
  ],
  ['calls answered', ({ calls }) => `${calls.succeeded} of ${calls.accepted}`],
  ['calls failed', ({ calls }) => `${calls.failed}, ${calls.cancelled} cancelled`],
  ['time connected', ({ timeIn }) => milliseconds(timeIn.connected)],
  ['connecting', ({ timeIn }) => milliseconds(timeIn.connecting)],
  ['reconnecting', ({ timeIn }) => milliseconds(timeIn.reconnecting)],
];

/** The statistics of the tour's connections side by side, one line per fact. */
export function statisticsTable(all: ReadonlyMap<string, ConnectionStats>, paint: Paint): string[] {
  const columns = [...all].map(([name, stats]) => [name, ...ROWS.map(([, value]) => value(stats))]);
  const widths = columns.map((cells) => Math.max(...cells.map((cell) => cell.length)));
  const labels = ['', ...ROWS.map(([label]) => label)];
  return labels.map((label, row) => {
    const cells = columns.map((column, index) => (column[row] ?? '').padEnd((widths[index] ?? 0) + 4));
    const line = cells.join('').trimEnd();
    return `  ${paint('dim', label.padEnd(18))}${row === 0 ? paint('bold', line) : line}`;
  });
}

function counts(causes: ConnectionStats['disconnects']): string {
  return (
    Object.entries(causes)
      .map(([cause, count]) => (count === 1 ? cause : `${count}× ${cause}`))
      .join(', ') || 'nothing'
  );
}
