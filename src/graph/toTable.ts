import type { AnyStateMachine } from 'xstate';
import { isReservedEventType } from '../eventNames.js';
import { type ChartState, chartOf, shortNames } from './chart.js';
import { codeCell, escapeCell, markdownTable } from './markdown.js';
import { matchesPath } from './stateNodes.js';
import type { IgnoredPair } from './totality.js';
import type { TransitionInfo } from './transitions.js';

export interface TableOptions {
  /** Columns; default is every event that somebody sends, in order of appearance. */
  events?: readonly string[];
  /** Which states: `all` (default), or only those that answer one of the events themselves. */
  rows?: 'all' | 'answering';
  /** Pairs that are not taken, on purpose: marked with a dash. */
  ignored?: readonly Pick<IgnoredPair, 'state' | 'event' | 'when'>[];
}

/**
 * What each state does with each event, as a Markdown table. `→ target`; `↻` where it is entered again;
 * `/ action` where it stays; `↑` where an outer state answers; `–` where it is ignored on purpose; empty
 * where nothing is said.
 */
export function toTable(machine: AnyStateMachine, options: TableOptions = {}): string {
  const root = chartOf(machine);
  const names = shortNames(root);
  const events = options.events ?? publicEventsOf(root);
  const rows: string[][] = [];
  const visit = (state: ChartState, depth: number, outer: readonly ChartState[]) => {
    if (state.kind === 'history') return;
    const cells = events.map((event) => describeCell([state, ...outer], event, names, options.ignored ?? []));
    const name = state.children.length > 0 ? `**${state.name}**` : state.name;
    if (options.rows !== 'answering') rows.push([`${'&nbsp;&nbsp;'.repeat(depth)}${name}`, ...cells]);
    // Some of the outer states are missing here: the path says which they are.
    else if (answersOne(state, events)) rows.push([escapeCell(state.path), ...cells]);
    for (const child of state.children) visit(child, depth + 1, [state, ...outer]);
  };
  // A machine without states inside is one itself.
  if (root.children.length === 0) visit(root, 0, []);
  for (const child of root.children) visit(child, 0, [root]);
  return markdownTable(['state', ...events.map(codeCell)], rows);
}

function answersOne({ transitions }: ChartState, events: readonly string[]): boolean {
  return transitions.some(({ eventType }) => events.includes(eventType));
}

function publicEventsOf(root: ChartState): string[] {
  const events = new Set<string>();
  const visit = ({ transitions, children }: ChartState) => {
    for (const { eventType } of transitions) if (!isReservedEventType(eventType)) events.add(eventType);
    children.forEach(visit);
  };
  visit(root);
  return [...events];
}

function describeCell(
  [state, ...outer]: readonly ChartState[],
  event: string,
  names: ReadonlyMap<string, string>,
  ignored: NonNullable<TableOptions['ignored']>,
): string {
  if (state === undefined) return '';
  const own = state.transitions.filter(({ eventType }) => eventType === event);
  const lines = own.map((transition) => describeOutcome(transition, names));
  // Where every guard may fail, the event goes on to the outer state.
  if (own.every(({ guard }) => guard !== undefined)) {
    const inherited = inheritedCell(outer, event, names);
    if (inherited !== '') lines.push(inherited);
    else if (ignored.some((pair) => ignores(pair, state.path, event))) lines.push('–');
  }
  return lines.join('<br>');
}

function inheritedCell(
  outer: readonly ChartState[],
  event: string,
  names: ReadonlyMap<string, string>,
): string {
  const state = outer.find(({ transitions }) => transitions.some(({ eventType }) => eventType === event));
  if (state === undefined) return '';
  const own = state.transitions.filter(({ eventType }) => eventType === event);
  return own.map((transition) => `↑ ${describeOutcome(transition, names)}`).join('<br>');
}

function ignores(
  { state, event }: Pick<IgnoredPair, 'state' | 'event'>,
  path: string,
  type: string,
): boolean {
  const inside = path.split('.').map((_, index, all) => all.slice(0, index + 1).join('.'));
  return event === type && inside.some((outer) => matchesPath(state, outer));
}

function describeOutcome(
  { source, guard, targets, actions, isForbidden }: TransitionInfo,
  names: ReadonlyMap<string, string>,
): string {
  const condition = guard === undefined ? '' : `[${guard}] `;
  if (isForbidden) return escapeCell(`${condition}refused`);
  if (targets.length === 0) return escapeCell(`${condition}/ ${actions.join(', ')}`);
  if (targets.every((path) => path === source)) return escapeCell(`${condition}↻`);
  return escapeCell(`${condition}→ ${targets.map((path) => names.get(path) ?? path).join(', ')}`);
}
