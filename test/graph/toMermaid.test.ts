import { describe, expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { toMermaid } from '../../src/graph/index.js';
import { jobMachine } from './fixtures/jobMachine.js';

test('a machine as a Mermaid diagram: nested, regions side by side, guards in the labels', () => {
  expect(toMermaid(jobMachine)).toBe(`stateDiagram-v2
  [*] --> s_idle
  state "idle" as s_idle
  state "running" as s_running
  state s_running {
    state "task" as s_running_task
    state s_running_task {
      [*] --> s_running_task_working
      state "working" as s_running_task_working
      state "judging" as s_running_task_judging
      state "waiting" as s_running_task_waiting
      state "finished" as s_running_task_finished
    }
    --
    state "display" as s_running_display
    state s_running_display {
      [*] --> s_running_display_shown
      state "shown" as s_running_display_shown
      state "hidden" as s_running_display_hidden
      state "closed" as s_running_display_closed
    }
    state "remembered (H*)" as s_running_remembered
  }
  state "paused" as s_paused
  state "over" as s_over
  s_idle --> s_running : job.start
  s_running --> s_paused : job.pause
  s_running --> s_over : job.stop<br/>done state running
  s_running_task_working --> s_running_task_judging : done work
  s_running_task_working --> s_over : error work [isLast]
  s_running_task_working --> s_running_task_waiting : error work<br/>after patience [isImpatient]
  s_running_task_judging --> s_running_task_finished : always [isBig]<br/>always
  s_running_task_waiting --> s_running_task_working : after 200 ms
  s_running_task_finished --> [*]
  s_running_display_shown --> s_running_display_hidden : display.toggle
  s_running_display_shown --> s_running_display_closed : work.grew
  s_running_display_hidden --> s_running_display_shown : display.toggle
  s_running_display_hidden --> s_running_display_closed : work.grew
  s_running_display_closed --> [*]
  s_paused --> s_running_remembered : job.resume
  s_paused --> s_running : job.start
  s_over --> [*]
`);
});

test('names that Mermaid would misread are made safe, and stay apart', () => {
  const machine = createMachine({
    initial: 'end',
    states: { end: { on: { 'a:b;c"<#%>': 'a-b' } }, 'a-b': {}, 'a b': { on: { '*': 'end' } }, 'say "x"': {} },
  });
  expect(toMermaid(machine)).toBe(`stateDiagram-v2
  [*] --> s_end
  state "end" as s_end
  state "a-b" as s_a_b
  state "a b" as s_a_b_2
  state "say #34;x#34;" as s_say_x_
  s_end --> s_a_b : a#58;b#59;c#34;#60;#35;#37;#62;
  s_a_b_2 --> s_end : *
`);
});

describe('what the machine itself takes', () => {
  test('in any state starts from a box of its own', () => {
    const machine = createMachine({
      initial: 'a',
      states: { a: { on: { go: 'b' } }, b: {} },
      on: { reset: '.a', log: { actions: 'log' } },
    });
    expect(toMermaid(machine)).toBe(`stateDiagram-v2
  [*] --> s_a
  state "a" as s_a
  state "b" as s_b
  state "(any state)" as s__root_
  s__root_ --> s_a : reset
  s_a --> s_b : go
`);
  });

  test('without leaving needs no box, and a machine without states inside is one', () => {
    const staying = createMachine({ initial: 'a', states: { a: {} }, on: { log: { actions: 'log' } } });
    expect(toMermaid(staying)).not.toContain('any state');
    expect(toMermaid(createMachine({ id: 'cart', on: { add: { actions: 'keep' } } }))).toBe(
      'stateDiagram-v2\n  state "cart" as s__root_\n',
    );
  });
});
