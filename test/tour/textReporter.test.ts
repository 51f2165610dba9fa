import { describe, expect, test } from 'vitest';
import { SteppingClock } from '../../src/testing/steppingClock.js';
import type { Told, TourEvent } from '../../src/tour/events.js';
import { TextReporter, type TextReporterOptions } from '../../src/tour/textReporter.js';

const ERASE = '\r\u001b[2K';

function report(options: TextReporterOptions) {
  const written: string[] = [];
  const reporter = new TextReporter((text) => written.push(text), options);
  const tell = (event: TourEvent, at = 1_000) =>
    reporter.tell({ at, connection: 'one', ...event } satisfies Told);
  return { reporter, written, tell };
}

const terminal = (columns: number, hasColors = true) => ({ columns, hasColors: () => hasColors });
const answered: TourEvent = {
  event: 'tool.answered',
  tool: 'echo',
  text: `${'word '.repeat(60)}end`,
  characters: 303,
  isError: false,
  duration: 3.21,
};

describe('a tour on a terminal', () => {
  test('has lines that fit, whatever a server says', () => {
    const { written, tell } = report({ terminal: terminal(80, false) });
    tell({ event: 'tour.began', version: '1.2.3' }, 0);
    tell(answered);
    expect(written[0]).toBe('mcp-lifeline 1.2.3\n');
    expect(written[1]).toMatch(/^ {3}1\.00 s {2}← answer {8}word .*… {2}3\.2 ms\n$/);
    expect(written[1]).toHaveLength(81);
  });

  test('has colours where the terminal has them', () => {
    const plain = report({ terminal: terminal(80, false) });
    const coloured = report({ terminal: terminal(80) });
    for (const { tell } of [plain, coloured]) tell(answered);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences.
    const colours = /\u001b\[\d+m/g;
    expect(plain.written.join('')).not.toMatch(colours);
    expect(coloured.written.join('')).toMatch(colours);
    expect(coloured.written.join('').replace(colours, '')).toBe(plain.written.join(''));
  });

  test('shows what it waits for, and takes it back before the next line', () => {
    const clock = new SteppingClock();
    const { reporter, written, tell } = report({ terminal: terminal(80, false), clock });
    tell({ event: 'tool.called', tool: 'echo', arguments: {}, waits: false });
    clock.step();
    clock.step();
    expect(written.slice(1)).toEqual([
      `${ERASE}           ⠋ waiting for the answer, 0.1 s`,
      `${ERASE}           ⠙ waiting for the answer, 0.2 s`,
    ]);
    tell(answered);
    expect(written[3]).toBe(ERASE);
    expect(written[4]).toContain('answer');
    reporter.end();
    expect(clock.delays).toEqual([]);
  });

  test('counts the wait before an attempt down', () => {
    const clock = new SteppingClock();
    const { written, tell } = report({ terminal: terminal(80, false), clock });
    const [from, to] = [
      { status: 'reconnecting', retryCount: 0 },
      { status: 'reconnecting', retryCount: 1 },
    ] as const;
    tell({ event: 'state.changed', from, to, cause: 'done release', delay: 500 });
    clock.step();
    expect(written[0]).toMatch(/reconnecting +retry 1 in 500 ms\n$/);
    expect(written[1]).toContain('waiting 420 ms more');
  });

  test('draws nothing again where that is not possible', () => {
    const clock = new SteppingClock();
    const { tell } = report({ terminal: terminal(80), canRedraw: false, clock });
    tell({ event: 'tool.called', tool: 'echo', arguments: {}, waits: false });
    expect(clock.delays).toEqual([]);
  });
});

test('without a terminal a tour is whole lines without marks and colours', () => {
  const clock = new SteppingClock();
  const { written, tell } = report({ terminal: null, clock });
  tell({ ...answered, text: 'x'.repeat(150) });
  expect(written).toEqual([`   1.00 s  answer        ${'x'.repeat(150)}  3.2 ms\n`]);
  expect(clock.delays).toEqual([]);
});
