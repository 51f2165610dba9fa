import { readFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { type FaultRow, faultRows } from '../house/faultRows.js';

/** Longest fault that is shown whole. */
const WIDTH = 78;

interface Tally {
  passed: number;
  failed: number;
  /** Why tests did not run. */
  notRun: string[];
}

/** Prints, after a run with tests of the matrix in it, what became of each of its rows. */
export default class MatrixReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const inMatrix = modules.filter(({ moduleId }) => moduleId.includes('/test/matrix/'));
    const tallies = tallyRows(inMatrix.flatMap((module) => [...module.children.allTests()]));
    if (tallies.size === 0) return;
    const rows = faultRows(readFileSync(new URL('../../docs/faults.md', import.meta.url), 'utf8'));
    console.log(matrixTable(rows, tallies));
  }
}

/** What became of the tests of each row, by its number. */
function tallyRows(tests: readonly TestCase[]): Map<number, Tally> {
  const tallies = new Map<number, Tally>();
  for (const test of tests) {
    const number = Number(/^row (\d+): /.exec(test.name)?.[1]);
    if (Number.isNaN(number)) continue;
    const tally = tallies.get(number) ?? { passed: 0, failed: 0, notRun: [] };
    tallies.set(number, tally);
    const result = test.result();
    if (result.state === 'passed') tally.passed += 1;
    else if (result.state === 'failed') tally.failed += 1;
    else tally.notRun.push((result.state === 'skipped' ? result.note : undefined) ?? 'not asked for');
  }
  return tallies;
}

/** The matrix as text: each row with its fault and what became of it. A row that did not run has not passed. */
export function matrixTable(rows: readonly FaultRow[], tallies: ReadonlyMap<number, Tally>): string {
  const count = { passed: 0, failed: 0, 'not run': 0 };
  const lines = rows.map(({ number, fault }) => {
    const { verdict, detail } = judge(tallies.get(number));
    count[verdict] += 1;
    return `${String(number).padStart(4)}  ${shorten(fault).padEnd(WIDTH)}  ${verdict}${detail}`;
  });
  const sum = `of ${rows.length} rows ${count.passed} passed, ${count.failed} failed, ${count['not run']} not run`;
  return ['', ' row  fault', ...lines, `Fault matrix: ${sum}`, ''].join('\n');
}

function judge(tally: Tally | undefined): { verdict: 'passed' | 'failed' | 'not run'; detail: string } {
  if (tally === undefined) return { verdict: 'not run', detail: ': not asked for' };
  const { passed, failed, notRun } = tally;
  const [reason] = notRun;
  if (failed > 0) return { verdict: 'failed', detail: ` ${failed} of ${passed + failed + notRun.length}` };
  if (reason !== undefined) return { verdict: 'not run', detail: `: ${reason}` };
  return { verdict: 'passed', detail: ` (${passed} ${passed === 1 ? 'test' : 'tests'})` };
}

function shorten(text: string): string {
  return text.length <= WIDTH ? text : `${text.slice(0, WIDTH - 1)}…`;
}
