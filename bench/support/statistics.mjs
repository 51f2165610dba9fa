/**
 * @param {number[]} values
 * @param {number} share 0.5 for the median
 */
export function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)];
  return below + (sorted[Math.ceil(position)] - below) * (position % 1);
}

export function median(values) {
  return quantile(values, 0.5);
}

/**
 * The ratio of the medians of two series that were measured in turn, and the middle half of the ratios
 * of neighbours, which says how far to believe it.
 *
 * @param {number[]} ours
 * @param {number[]} theirs
 */
export function compare(ours, theirs) {
  const ratios = ours.map((value, round) => value / theirs[round]);
  return {
    ours: median(ours),
    theirs: median(theirs),
    value: median(ours) / median(theirs),
    spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
  };
}
