/** Some of a number of things that are counted from 1: `3`, `2-4`, `5+`, or several of these with commas. */
export class Which {
  static readonly all = new Which([{ from: 1, to: Number.POSITIVE_INFINITY }]);
  readonly #ranges: readonly { from: number; to: number }[];

  private constructor(ranges: readonly { from: number; to: number }[]) {
    this.#ranges = ranges;
  }

  /** @returns null when the text says nothing of the kind */
  static read(text: string): Which | null {
    const ranges = text.split(',').map((part) => {
      const [, first, dash, plus] = /^([1-9]\d{0,8})(?:-([1-9]\d{0,8})|(\+))?$/.exec(part) ?? [];
      const from = Number(first);
      const to = plus === undefined ? Number(dash ?? first) : Number.POSITIVE_INFINITY;
      return first === undefined || to < from ? null : { from, to };
    });
    const good = ranges.filter((range) => range !== null);
    return good.length === ranges.length ? new Which(good) : null;
  }

  has(number: number): boolean {
    return this.#ranges.some(({ from, to }) => number >= from && number <= to);
  }
}

export const WHICH_EXPECTED = 'which ones: 3, 2-4, 5+, or several of these with commas';
