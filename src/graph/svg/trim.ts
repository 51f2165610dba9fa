import type { PlacedBox, PlacedLine } from './placement.js';

/**
 * Takes away the room below the innermost states that the engine leaves in a state which stands beside a taller one.
 * A state stays as it is where a line begins or ends at its lower edge.
 *
 * @param margin what stays below the inner states
 */
export function trimBoxes(
  boxes: readonly PlacedBox[],
  lines: readonly PlacedLine[],
  margin: number,
): PlacedBox[] {
  const trimmed = new Map<string, PlacedBox>();
  // Inner states come after the outer ones.
  for (const placed of [...boxes].reverse()) {
    const inner = [...trimmed.values()].filter(({ parent }) => parent === placed.box.state.path);
    const needed = Math.max(...inner.map(({ y, height }) => y + height)) + margin - placed.y;
    const canShrink =
      inner.length > 0 && !placed.isRegion && needed < placed.height && !isHeld(placed, lines);
    trimmed.set(placed.box.state.path, canShrink ? { ...placed, height: needed } : placed);
  }
  return boxes.map((placed) => trimmed.get(placed.box.state.path) ?? placed);
}

function isHeld({ box, y, height }: PlacedBox, lines: readonly PlacedLine[]): boolean {
  const { path } = box.state;
  return lines.some(({ source, target, points }) => {
    const ends = [source === path ? points[0] : undefined, target === path ? points.at(-1) : undefined];
    // Lines run inside, too: those between its own states.
    const isInside = source.startsWith(`${path}.`) && target.startsWith(`${path}.`);
    return (
      ends.some((end) => end !== undefined && end.y > y + height - 1) ||
      (isInside && runsBelow(points, y + height))
    );
  });
}

/** A line may need the room in which no state stands. */
function runsBelow(points: PlacedLine['points'], bottom: number): boolean {
  return points.some((point) => point.y > bottom - 40);
}
