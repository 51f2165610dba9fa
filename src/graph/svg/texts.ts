import {
  PADDING,
  ROW_HEIGHT,
  ROW_SIZE,
  type Row,
  RULE_GAP,
  type Span,
  spansWidth,
  TITLE_HEIGHT,
  TITLE_SIZE,
} from './boxes.js';
import type { PlacedBox, Rectangle } from './placement.js';
import { textWidth } from './text.js';

/** A text where it is drawn; the rectangle is what it can take at most. */
export interface PlacedText extends Rectangle {
  role: 'title' | 'region' | 'row';
  spans: Span[];
  /** Whether it begins at the left of its rectangle or ends at the right. */
  anchor: 'start' | 'end';
  baseline: number;
}

/** The texts of a state, and the heights of the lines between them. */
export function textsOf(placed: PlacedBox): { texts: PlacedText[]; rules: number[] } {
  const { box, x, y, isRegion } = placed;
  const start = x + PADDING;
  const end = x + box.width - PADDING;
  const texts: PlacedText[] = [
    {
      role: isRegion ? 'region' : 'title',
      spans: [{ kind: 'name', text: box.title }],
      anchor: 'start',
      x: start,
      y: y + 4,
      width: textWidth(box.title, TITLE_SIZE),
      height: TITLE_HEIGHT - 8,
      baseline: y + 16,
    },
  ];
  const rules: number[] = [];
  let top = y + TITLE_HEIGHT;
  for (const part of [box.notes, box.rows]) {
    if (part.length === 0) continue;
    rules.push(top);
    top += RULE_GAP / 2;
    for (const row of part) {
      texts.push(...rowTexts(row, start, end, top));
      top += ROW_HEIGHT;
    }
    top += RULE_GAP / 2;
  }
  return { texts, rules };
}

function rowTexts({ left, right }: Row, start: number, end: number, top: number): PlacedText[] {
  const shared = { role: 'row', y: top + 1, height: ROW_HEIGHT - 2, baseline: top + ROW_HEIGHT - 4 } as const;
  const width = (spans: Span[]) => spansWidth(spans, ROW_SIZE);
  const texts: PlacedText[] = [{ ...shared, spans: left, anchor: 'start', x: start, width: width(left) }];
  if (right.length > 0) {
    texts.push({ ...shared, spans: right, anchor: 'end', x: end - width(right), width: width(right) });
  }
  return texts;
}
