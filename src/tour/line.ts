import type { Paint, Tone } from './style.js';

export type Mark = 'begin' | 'up' | 'down' | 'busy' | 'retry' | 'bad' | 'ask' | 'answer' | 'fact';

/** One line of a tour, before it is laid out. All of it is safe to print. */
export interface Line {
  mark: Mark;
  label: string;
  text: string;
  /** Something said beside it, such as a duration. */
  note?: string | undefined;
}

const MARKS: { [mark in Mark]: { glyph: string; tone: Tone } } = {
  begin: { glyph: '▸', tone: 'bold' },
  up: { glyph: '●', tone: 'good' },
  down: { glyph: '○', tone: 'dim' },
  busy: { glyph: '◌', tone: 'busy' },
  retry: { glyph: '↻', tone: 'busy' },
  bad: { glyph: '✗', tone: 'bad' },
  ask: { glyph: '→', tone: 'accent' },
  answer: { glyph: '←', tone: 'accent' },
  fact: { glyph: '·', tone: 'dim' },
};

const LABEL_WIDTH = 14;

/** Width of the columns before a line's text. */
const INDENT = 9 + 2 + 2 + LABEL_WIDTH;
/** Wider than this, the notes at the end of the lines are too far away from them. */
const WIDEST = 110;

export interface Layout {
  paint: Paint;
  /** Columns of the terminal; null where lines may be of any length. */
  columns: number | null;
  /** Whether marks are shown. */
  hasGlyphs: boolean;
}

/**
 * `  0.31 s  ● connected     server-everything 2.0.0      292 ms`: when, what, and as much as fits.
 *
 * @param elapsed milliseconds since the tour began
 */
export function layOut(line: Line, elapsed: number, { paint, columns, hasGlyphs }: Layout): string {
  const { glyph, tone } = MARKS[line.mark];
  const time = `${(elapsed / 1000).toFixed(2)} s`.padStart(9);
  const mark = hasGlyphs ? `${paint(tone, glyph)} ` : '';
  const label = paint(line.mark === 'fact' ? 'dim' : tone, line.label.padEnd(LABEL_WIDTH));
  const [text, note] = arrange(line.text, line.note ?? '', columns);
  return `${paint('dim', time)}  ${mark}${label}${text}${paint('dim', note)}`.trimEnd();
}

/** On a terminal the notes stand at its right side. */
function arrange(text: string, note: string, columns: number | null): [text: string, note: string] {
  const gap = text === '' || note === '' ? '' : '  ';
  if (columns === null) return [text, gap + note];
  const room = Math.max(20, Math.min(columns, WIDEST) - INDENT - gap.length - note.length);
  return [clip(text, room).padEnd(note === '' ? 0 : room), gap + note];
}

/** Text that fits, a mark at its end where it was cut. Counts characters, which is what most are wide. */
export function clip(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

export function milliseconds(duration: number): string {
  return duration < 9.95 ? `${duration.toFixed(1)} ms` : `${Math.round(duration)} ms`;
}
