import { expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { toTable } from '../../src/graph/index.js';
import { jobMachine } from './fixtures/jobMachine.js';

test('a machine as a table of states and events', () => {
  const table = toTable(jobMachine, {
    events: ['job.start', 'job.stop', 'job.resume', 'display.draw', 'display.toggle'],
    ignored: [
      { state: 'running.*', event: 'job.start' },
      { state: 'running', event: 'job.stop' },
    ],
  });
  expect(
    table,
  ).toBe(`| state | \`job.start\` | \`job.stop\` | \`job.resume\` | \`display.draw\` | \`display.toggle\` |
| --- | --- | --- | --- | --- | --- |
| idle | → running | refused |  |  |  |
| **running** |  | → over |  |  |  |
| &nbsp;&nbsp;**task** | – | ↑ → over |  |  |  |
| &nbsp;&nbsp;&nbsp;&nbsp;working | – | ↑ → over |  |  |  |
| &nbsp;&nbsp;&nbsp;&nbsp;judging | – | ↑ → over |  |  |  |
| &nbsp;&nbsp;&nbsp;&nbsp;waiting | – | ↑ → over |  |  |  |
| &nbsp;&nbsp;&nbsp;&nbsp;finished | – | ↑ → over |  |  |  |
| &nbsp;&nbsp;**display** | – | ↑ → over |  |  |  |
| &nbsp;&nbsp;&nbsp;&nbsp;shown | – | ↑ → over |  | / draw | → hidden |
| &nbsp;&nbsp;&nbsp;&nbsp;hidden | – | ↑ → over |  |  | → shown |
| &nbsp;&nbsp;&nbsp;&nbsp;closed | – | ↑ → over |  |  |  |
| paused | → running |  | → remembered |  |  |
| over |  |  |  |  |  |
`);
});

test('shows branches, what outer states answer after them, and nothing that breaks a table', () => {
  const machine = createMachine({
    initial: 'a',
    on: { go: { guard: 'isLate', target: '.b' } },
    states: {
      a: {
        on: {
          go: [
            { guard: 'is|Odd', target: 'b' },
            { guard: 'is_even', actions: 'note' },
          ],
        },
      },
      b: { on: { go: [{ guard: 'isX', target: 'a' }, { target: 'b' }] } },
    },
  });
  expect(toTable(machine)).toBe(`| state | \`go\` |
| --- | --- |
| a | [is\\|Odd] → b<br>[is\\_even] / note<br>↑ [isLate] → b |
| b | [isX] → a<br>↻ |
`);
});

test('leaves out states that answer none of the events themselves, where told to', () => {
  const table = toTable(jobMachine, { events: ['job.stop'], rows: 'answering' });
  expect(table.split('\n').slice(2)).toEqual(['| idle | refused |', '| running | → over |', '']);
});

test('a machine without states inside has a row of its own', () => {
  const machine = createMachine({ id: 'cart', on: { add: { actions: 'keep' } } });
  expect(toTable(machine)).toBe('| state | `add` |\n| --- | --- |\n| cart | / keep |\n');
});
