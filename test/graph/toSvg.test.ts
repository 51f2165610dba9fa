import { describe, expect, test } from 'vitest';
import { type AnyStateMachine, createMachine } from 'xstate';
import { connectionMachine, poolMachine } from '../../machines/index.js';
import { toSvg, transitionsOf } from '../../src/graph/index.js';
import { layoutChart } from '../../src/graph/svg/layout.js';
import type { ChartLayout, PlacedBox } from '../../src/graph/svg/placement.js';
import { renderSvg } from '../../src/graph/svg/render.js';
import { clashes } from './fixtures/geometry.js';
import { jobMachine } from './fixtures/jobMachine.js';

/** Says something itself, and its regions lead to each other. */
const rooted = createMachine({
  id: 'rooted',
  type: 'parallel',
  entry: 'wakeUp',
  on: { reset: '.left', '<&"\'>': { actions: 'escape' } },
  states: {
    left: {
      initial: 'a',
      states: {
        a: { on: { next: 'b', over: '#c' } },
        b: { invoke: { src: 'aVeryLongNameOfAnActorThatWorks' } },
      },
    },
    right: { initial: 'c', states: { c: { id: 'c' }, d: { type: 'final' } } },
  },
});

const layouts = new Map<AnyStateMachine, Promise<ChartLayout>>();

/** Laying out takes its time: once for each machine is enough. */
function layoutOf(machine: AnyStateMachine): Promise<ChartLayout> {
  const layout = layouts.get(machine) ?? layoutChart(machine);
  layouts.set(machine, layout);
  return layout;
}

async function pictureOf(machine: AnyStateMachine): Promise<string> {
  return renderSvg(await layoutOf(machine), machine.id);
}

const machines = [
  ['connection', connectionMachine],
  ['job', jobMachine],
  ['rooted', rooted],
] as const;

function placed({ boxes }: ChartLayout, path: string): PlacedBox {
  const found = boxes.find(({ box }) => box.state.path === path);
  if (found === undefined) throw new Error(`no box of ${path}`);
  return found;
}

describe.each(machines)('the picture of %s', (_, machine) => {
  test('has nothing that lies on something else', async () => {
    expect(clashes(await layoutOf(machine))).toEqual([]);
  });

  test('shows every state and every transition', async () => {
    const svg = await pictureOf(machine);
    const { boxes } = await layoutOf(machine);
    const rows = boxes.flatMap(({ box }) => box.rows);
    expect(rows).toHaveLength(transitionsOf(machine).length);
    for (const { box } of boxes) expect(svg).toContain(`>${box.title}</tspan>`);
  });

  test('is the same each time', async () => {
    expect(await toSvg(machine)).toBe(await toSvg(machine));
  });

  test('is well-formed', async () => {
    const open: string[] = [];
    const svg = await pictureOf(machine);
    for (const [tag, closing, name = '', selfClosing] of svg.matchAll(
      /<(\/?)([a-zA-Z]+)(?:\s[^<>]*?)?(\/?)>/g,
    )) {
      if (closing === '/') expect(open.pop()).toBe(name);
      else if (selfClosing === '') open.push(name);
      expect(tag).not.toMatch(/NaN|undefined|Infinity/);
    }
    expect(open).toEqual([]);
    expect(svg.replace(/<[^<>]*>/g, '')).not.toMatch(/[<>]|&(?!#\d+;)/);
  });
});

describe('the picture', () => {
  test('says how every shape is filled: otherwise it is black', async () => {
    const svg = await pictureOf(connectionMachine);
    const shapes = [...svg.matchAll(/<(?:rect|circle|path) class="([^"]*)"/g)].map(
      ([, classes = '']) => classes,
    );
    expect(new Set(shapes)).toContain('frame history');
    for (const classes of new Set(shapes)) {
      const isFilled = classes.split(' ').some((name) => new RegExp(`\\.${name}\\{[^}]*fill:`).test(svg));
      expect(isFilled, classes).toBe(true);
    }
    expect(svg.match(/<(rect|circle|path)/g)).toHaveLength(shapes.length);
  });

  test('puts regions side by side, in the order of the chart, from the same height', async () => {
    const layout = await layoutOf(connectionMachine);
    const inRow = ['health', 'probe', 'stability'].map((name) =>
      placed(layout, `active.session.connected.${name}`),
    );
    expect(inRow.map(({ isRegion }) => isRegion)).toEqual([true, true, true]);
    expect(new Set(inRow.map(({ y }) => y)).size).toBe(1);
    const sides = inRow.flatMap(({ x, width }) => [x, x + width]);
    expect(sides).toEqual([...sides].sort((left, right) => left - right));
    expect(await pictureOf(connectionMachine)).toMatch(/(<path class="separator"[^>]*>\s*){2}/);
  });

  test('tells the story downwards', async () => {
    const layout = await layoutOf(connectionMachine);
    const story = [
      'disconnected',
      'active.queued',
      'active.session',
      'active.releasing',
      'closing',
      'terminated',
    ];
    const heights = story.map((path) => placed(layout, path).y);
    expect(heights).toEqual([...heights].sort((left, right) => left - right));
  });

  test('leaves no empty room below the states inside another, but where a line ends', async () => {
    const layout = await layoutOf(connectionMachine);
    const bottom = (path: string) => placed(layout, path).y + placed(layout, path).height;
    expect(bottom('active.authorizing.exchanging') - bottom('active.authorizing.exchanging.limited')).toBe(
      18,
    );
    expect(bottom('active.authorizing') - bottom('active.authorizing.exchanging')).toBe(18);
    expect(bottom('active')).toBeGreaterThan(bottom('active.authorizing') + 18);
  });

  test('is no wider for its legend than it has to be', async () => {
    const width = Number(/width="(\d+)"/.exec(await pictureOf(poolMachine))?.[1]);
    expect(width).toBeLessThan(400);
    expect(await pictureOf(poolMachine)).toMatch(/(<text class="row note".*\n){4}<\/svg>/);
  });

  test('marks where states begin and end', async () => {
    const svg = await pictureOf(jobMachine);
    expect(svg.match(/<circle class="initial"/g)).toHaveLength(3);
    expect(svg.match(/<rect class="ring"/g)).toHaveLength(3);
  });

  test('draws one line for what several states inside another share', async () => {
    const { lines } = await layoutOf(connectionMachine);
    const toReleasing = lines.filter(({ target }) => target === 'active.releasing');
    expect(toReleasing.map(({ source }) => source)).toEqual(['active.session']);
    expect(toReleasing[0]?.title).toContain(
      'active.session.connected.probe.checking: error probe [isLastFailure]',
    );
  });

  test('follows the reader’s light or dark page', async () => {
    expect(await pictureOf(jobMachine)).toContain('@media (prefers-color-scheme:dark)');
  });
});

test('a clash is found', async () => {
  const layout = await layoutOf(jobMachine);
  const moved = (path: string, change: Partial<PlacedBox>): ChartLayout => ({
    ...layout,
    boxes: layout.boxes.map((box) => (box.box.state.path === path ? { ...box, ...change } : box)),
  });
  const { x, y } = placed(layout, 'idle');
  expect(clashes(moved('paused', { x, y }))).toEqual(
    expect.arrayContaining(['idle lies on paused', "the text 'idle' of idle lies on 'paused' of paused"]),
  );
  expect(clashes(moved('paused', { x, y: y + 100 }))).toContain('the line idle -> running crosses paused');
  expect(clashes(moved('running.task.waiting', { x: 0 }))).toContain(
    'running.task.waiting does not fit into running.task',
  );
  expect(clashes(moved('paused', { width: 20 }))).toContain("the text 'job.resume' of paused leaves its box");
  const [line] = layout.lines;
  if (line === undefined) throw new Error('no line');
  const through = {
    ...line,
    points: [
      { x: x + 30, y: y - 5 },
      { x: x + 30, y: y + 30 },
    ],
  };
  expect(clashes({ ...layout, lines: [through] })).toContain(
    "the line idle -> running crosses the text 'idle' of idle",
  );
});
