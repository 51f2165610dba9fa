import { ROW_SIZE, TITLE_SIZE } from './boxes.js';
import { FONT_STACK } from './text.js';

const light = {
  page: '#ffffff',
  outer: '#f6f8fa',
  leaf: '#ffffff',
  stroke: '#8c959f',
  rule: '#d8dee4',
  text: '#1f2328',
  muted: '#636c76',
  target: '#0550ae',
  action: '#6639ba',
  line: '#57606a',
};

const dark: typeof light = {
  page: '#0d1117',
  outer: '#151b23',
  leaf: '#0d1117',
  stroke: '#656c76',
  rule: '#2f3742',
  text: '#f0f6fc',
  muted: '#9198a1',
  target: '#79c0ff',
  action: '#d2a8ff',
  line: '#9198a1',
};

const variables = (colours: typeof light) =>
  Object.entries(colours)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';');

/** On the picture itself, so that its style reaches nothing else on a page that holds it. */
export const ROOT_CLASS = 'statechart';

const rules = [
  ['.page', 'fill:var(--page)'],
  ['.frame', 'stroke:var(--stroke);stroke-width:1.2'],
  ['.outer', 'fill:var(--outer)'],
  ['.leaf', 'fill:var(--leaf)'],
  ['.history', 'fill:var(--leaf)'],
  ['.ring', 'fill:none;stroke:var(--stroke);stroke-width:1.2'],
  ['rect.region', 'fill:none;stroke:none'],
  ['.separator', 'fill:none;stroke:var(--stroke);stroke-width:1.2;stroke-dasharray:6 5'],
  ['.rule', 'fill:none;stroke:var(--rule);stroke-width:1'],
  ['.line', 'fill:none;stroke:var(--line);stroke-width:1.2'],
  ['.edge:hover .line', 'stroke:var(--target);stroke-width:2.4'],
  ['.tip', 'fill:var(--line)'],
  ['.inside', 'fill:var(--page);stroke:var(--line);stroke-width:1.2'],
  ['.initial', 'fill:var(--text)'],
  ['text', 'fill:var(--text);white-space:pre'],
  ['text.title', `font-size:${TITLE_SIZE}px;font-weight:700`],
  ['text.region', `font-size:${TITLE_SIZE}px;font-weight:700;fill:var(--muted)`],
  ['text.row', `font-size:${ROW_SIZE}px`],
  ['.event', 'font-weight:700'],
  ['.guard', 'fill:var(--muted)'],
  ['.note', 'fill:var(--muted)'],
  ['.target', 'fill:var(--target)'],
  ['.action', 'fill:var(--action)'],
];

export const STYLE = `
.${ROOT_CLASS}{${variables(light)};font-family:${FONT_STACK}}
@media (prefers-color-scheme:dark){.${ROOT_CLASS}{${variables(dark)}}}
${rules.map(([selector, declarations]) => `.${ROOT_CLASS} ${selector}{${declarations}}`).join('\n')}
`;
