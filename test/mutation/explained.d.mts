import type { Explanation } from './judge.mjs';

export const explained: readonly Explanation[];
