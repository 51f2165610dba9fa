import { PADDING, ROW_SIZE, type Span, TITLE_HEIGHT } from './boxes.js';
import type { ChartLayout, PlacedBox, PlacedLine, Point } from './placement.js';
import { ROOT_CLASS, STYLE } from './style.js';
import { escapeXml, textWidth } from './text.js';
import { type PlacedText, textsOf } from './texts.js';

/**
 * The picture as a file of its own.
 *
 * @param options `hasLegend`: it says below what its signs mean. Default true
 */
export function renderSvg(
  layout: ChartLayout,
  title: string,
  { hasLegend = true }: { hasLegend?: boolean } = {},
): string {
  const { boxes, lines } = layout;
  const width = hasLegend ? Math.max(layout.width, LEGEND_WIDTH) : layout.width;
  const height = layout.height + (hasLegend ? LEGEND_HEIGHT : 0);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" class="${ROOT_CLASS}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<defs><marker id="${ROOT_CLASS}-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path class="tip" d="M0 0.5 L8 4 L0 7.5 Z"/></marker><marker id="${ROOT_CLASS}-inside" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="7" markerHeight="7"><circle class="inside" cx="4" cy="4" r="3"/></marker></defs>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    ...boxes.map(renderFrame),
    ...separators(boxes),
    ...lines.map(renderLine),
    ...boxes.flatMap(renderContent),
    ...(hasLegend ? [renderLegend(layout.height)] : []),
    '</svg>',
  ].join('\n')}\n`;
}

const LEGEND = [
  '● → entered first',
  '→ every transition between two states',
  '○ from states inside',
  '↻ entered again',
  '/ stays, and acts',
].join('   ');
const LEGEND_WIDTH = textWidth(LEGEND, ROW_SIZE) + 2 * PADDING;
const LEGEND_HEIGHT = 24;

function renderLegend(top: number): string {
  return `<text class="row note" x="${PADDING}" y="${n(top + 10)}">${escapeXml(LEGEND)}</text>`;
}

function renderFrame({ box, x, y, width, height, isRegion }: PlacedBox): string {
  const { state } = box;
  const at = `x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}"`;
  const title = `<title>${escapeXml(state.path + (state.description === undefined ? '' : `\n${state.description}`))}</title>`;
  if (isRegion) return `<g data-state="${escapeXml(state.path)}"><rect class="region" ${at}/>${title}</g>`;
  if (state.kind === 'history')
    return `<g data-state="${escapeXml(state.path)}"><rect class="frame history" ${at} rx="${n(height / 2)}"/>${title}</g>`;
  const kind = state.children.length > 0 ? 'outer' : 'leaf';
  const ring =
    state.kind === 'final'
      ? `<rect class="ring" x="${n(x + 3)}" y="${n(y + 3)}" width="${n(width - 6)}" height="${n(height - 6)}" rx="5"/>`
      : '';
  return `<g data-state="${escapeXml(state.path)}"><rect class="frame ${kind}" ${at} rx="8"/>${ring}${title}</g>`;
}

/** A dashed line between each two neighbouring regions. */
function separators(boxes: readonly PlacedBox[]): string[] {
  return boxes
    .filter(({ box }) => box.state.kind === 'parallel')
    .flatMap((outer) => {
      const regions = boxes
        .filter(({ parent, isRegion }) => isRegion && parent === outer.box.state.path)
        .sort((left, right) => left.x - right.x);
      const top = outer.y + outer.box.height;
      const bottom = outer.y + outer.height;
      return regions.slice(1).map((region, index) => {
        const before = regions[index] ?? region;
        const x = (before.x + before.width + region.x) / 2;
        return `<path class="separator" d="M${n(x)} ${n(top)} V${n(bottom)}"/>`;
      });
    });
}

function renderLine({ points, title, isFromInside }: PlacedLine): string {
  const start = isFromInside ? ` marker-start="url(#${ROOT_CLASS}-inside)"` : '';
  return `<g class="edge"><path class="line" d="${roundedPath(points)}"${start} marker-end="url(#${ROOT_CLASS}-arrow)"/><title>${escapeXml(title)}</title></g>`;
}

const CORNER = 5;

function roundedPath(points: readonly Point[]): string {
  return points
    .map((point, index) => {
      const before = points[index - 1];
      const after = points[index + 1];
      if (before === undefined) return `M${n(point.x)} ${n(point.y)}`;
      if (after === undefined) return `L${n(point.x)} ${n(point.y)}`;
      const enter = towards(point, before);
      const leave = towards(point, after);
      return `L${n(enter.x)} ${n(enter.y)} Q${n(point.x)} ${n(point.y)} ${n(leave.x)} ${n(leave.y)}`;
    })
    .join(' ');
}

function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(CORNER, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

function renderContent(placed: PlacedBox): string[] {
  const { x, y, width, isInitial } = placed;
  const { texts, rules } = textsOf(placed);
  const middle = n(y + TITLE_HEIGHT / 2);
  const entrance = `<circle class="initial" cx="${n(x - 18)}" cy="${middle}" r="4.5"/><path class="line" d="M${n(x - 14)} ${middle} H${n(x - 1)}" marker-end="url(#${ROOT_CLASS}-arrow)"/>`;
  return [
    ...(isInitial ? [entrance] : []),
    ...rules.map((top) => `<path class="rule" d="M${n(x)} ${n(top)} h${n(width)}"/>`),
    ...texts.map(renderText),
  ];
}

function renderText({ role, spans, anchor, x, width, baseline }: PlacedText): string {
  const at = anchor === 'start' ? `x="${n(x)}"` : `x="${n(x + width)}" text-anchor="end"`;
  return `<text class="${role}" ${at} y="${n(baseline)}">${spans.map(renderSpan).join('')}</text>`;
}

function renderSpan({ kind, text }: Span): string {
  return `<tspan class="${kind}">${escapeXml(text)}</tspan>`;
}

/** A coordinate: one decimal is finer than anybody sees. */
function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}
