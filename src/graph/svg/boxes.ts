import { type ChartState, shortNames } from '../chart.js';
import type { TransitionInfo } from '../transitions.js';
import { textWidth } from './text.js';

/** What a piece of a row says; each is set in its own way. */
export type SpanKind = 'name' | 'event' | 'guard' | 'target' | 'action' | 'note';

export interface Span {
  kind: SpanKind;
  text: string;
}

/** A line in a state's box: what is on the left, and where it leads, on the right. */
export interface Row {
  left: Span[];
  right: Span[];
}

/** A state as it is drawn; sizes in pixels. */
export interface Box {
  state: ChartState;
  title: string;
  /** `invoke session`, `entry resetAttempts`. */
  notes: Row[];
  rows: Row[];
  /** Of title, notes and rows. */
  width: number;
  height: number;
}

export const TITLE_SIZE = 13;
export const ROW_SIZE = 11;
export const TITLE_HEIGHT = 24;
export const ROW_HEIGHT = 15;
export const PADDING = 10;
/** Between title, notes and rows, where a line is drawn. */
export const RULE_GAP = 6;

/** In characters. */
const COLUMN_GAP = 3;

/** Of each state all that the chart says of it, or its name alone. */
export type Detail = 'everything' | 'names';

/** The boxes of a state and of all below it, by path. */
export function boxesOf(root: ChartState, detail: Detail = 'everything'): ReadonlyMap<string, Box> {
  const names = shortNames(root);
  const boxes = new Map<string, Box>();
  const visit = (state: ChartState) => {
    boxes.set(state.path, boxOf(detail === 'everything' ? state : nameOf(state), names));
    state.children.forEach(visit);
  };
  visit(root);
  return boxes;
}

function nameOf(state: ChartState): ChartState {
  return { ...state, invokes: [], entry: [], exit: [], transitions: [] };
}

function boxOf(state: ChartState, names: ReadonlyMap<string, string>): Box {
  const title = state.kind === 'history' ? `${state.isDeepHistory ? 'H*' : 'H'} ${state.name}` : state.name;
  const notes = [
    ...state.invokes.map((name) => noteRow('invoke', name)),
    ...state.entry.map((name) => noteRow('entry', name)),
    ...state.exit.map((name) => noteRow('exit', name)),
  ];
  const rows = state.transitions.map((transition, index) =>
    transitionRow(transition, state.transitions[index - 1], names),
  );
  const lines = [...notes, ...rows];
  const widest = Math.max(textWidth(title, TITLE_SIZE), ...lines.map(rowWidth));
  const parts = [notes, rows].filter(({ length }) => length > 0).length;
  return {
    state,
    title,
    notes,
    rows,
    width: widest + 2 * PADDING,
    height:
      TITLE_HEIGHT + lines.length * ROW_HEIGHT + parts * RULE_GAP + (lines.length > 0 ? RULE_GAP / 2 : 0),
  };
}

function noteRow(what: string, name: string): Row {
  return {
    left: [
      { kind: 'note', text: `${what} ` },
      { kind: 'action', text: name },
    ],
    right: [],
  };
}

function transitionRow(
  { eventType, label, guard, targets, actions, source, isForbidden }: TransitionInfo,
  previous: TransitionInfo | undefined,
  names: ReadonlyMap<string, string>,
): Row {
  // A further branch of the same event.
  const isElse = previous?.eventType === eventType;
  const left: Span[] = [isElse ? { kind: 'note', text: '  else' } : { kind: 'event', text: label }];
  if (guard !== undefined) left.push({ kind: 'guard', text: ` [${guard}]` });
  if (isForbidden) return { left, right: [{ kind: 'note', text: 'refused' }] };
  if (targets.length === 0) {
    left.push({ kind: 'action', text: ` / ${actions.join(', ')}` });
    return { left, right: [] };
  }
  const isLoop = targets.every((path) => path === source);
  const text = isLoop ? '↻' : `→ ${targets.map((path) => names.get(path) ?? path).join(', ')}`;
  return { left, right: [{ kind: 'target', text }] };
}

function rowWidth({ left, right }: Row): number {
  const gap: Span[] = right.length > 0 ? [{ kind: 'note', text: ' '.repeat(COLUMN_GAP) }] : [];
  return spansWidth([...left, ...gap, ...right], ROW_SIZE);
}

export function spansWidth(spans: readonly Span[], fontSize: number): number {
  return textWidth(spans.map(({ text }) => text).join(''), fontSize);
}
