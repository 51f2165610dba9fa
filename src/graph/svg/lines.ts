import { type ChartState, withDescendants } from '../chart.js';

/** A line from one state to another; it stands for all transitions between the two. */
export interface Line {
  source: string;
  target: string;
  /** None of the transitions is the source's own: they come from states inside it. */
  isFromInside: boolean;
  /** It leads back, by the order in which the chart is written. */
  isUpward: boolean;
  /** The transitions, one a line. */
  title: string;
}

interface Arrow {
  source: string;
  target: string;
  label: string;
}

/**
 * The lines of a picture. Where several states inside another lead to the same state outside of it, one
 * line from the outer one stands for all: each state lists its own transitions in its box anyway. What
 * stays in a state, leads into it or out to a state around it, or from one region to another, is only a
 * row in its box.
 */
export function linesOf(root: ChartState): Line[] {
  const states = withDescendants(root);
  const order = new Map(states.map(({ path }, index) => [path, index]));
  const rank = (path: string) => order.get(path) ?? 0;
  const regions = states.filter(({ kind }) => kind === 'parallel').map(({ children }) => children);
  const arrows = states
    .filter(({ path }) => path !== root.path)
    .flatMap(arrowsOf)
    .filter(({ source, target }) => !regions.some((siblings) => isBetween(siblings, source, target)));
  const lines = new Map<string, Line>();
  for (const arrow of arrows) {
    const { target } = arrow;
    const source = outermostSource(arrow, arrows);
    const key = `${source} ${target}`;
    const line = lines.get(key) ?? {
      source,
      target,
      isFromInside: true,
      isUpward: rank(source) > rank(target),
      title: `${source} → ${target}`,
    };
    line.isFromInside &&= arrow.source !== source;
    line.title += `\n${arrow.source === source ? '' : `${arrow.source}: `}${arrow.label}`;
    lines.set(key, line);
  }
  return [...lines.values()];
}

function arrowsOf({ path: source, transitions }: ChartState): Arrow[] {
  return transitions.flatMap(({ targets, label, guard }) =>
    targets
      .filter((target) => !isWithin(target, source) && !isWithin(source, target))
      .map((target) => ({ source, target, label: guard === undefined ? label : `${label} [${guard}]` })),
  );
}

/** The outermost state that does not hold the target and from inside which something else leads there too. */
function outermostSource({ source, target }: Arrow, arrows: readonly Arrow[]): string {
  const sources = arrows.filter((other) => other.target === target).map((other) => other.source);
  const names = source.split('.');
  const around = names.map((_, index) => names.slice(0, index + 1).join('.'));
  const isShared = (outer: string) =>
    !isWithin(target, outer) && sources.some((other) => other !== source && isWithin(other, outer));
  return around.find(isShared) ?? source;
}

function isBetween(siblings: readonly ChartState[], source: string, target: string): boolean {
  const from = siblings.find(({ path }) => isWithin(source, path));
  const to = siblings.find(({ path }) => isWithin(target, path));
  return from !== undefined && to !== undefined && from !== to;
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}.`);
}
