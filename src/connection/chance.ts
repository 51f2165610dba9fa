import { messageOf } from '../errors.js';

/**
 * The random numbers of the embedder. Waits and turns depend on them, so where it throws, or gives what is
 * not in [0, 1), the runtime's are used.
 *
 * @param failed is told what was wrong
 */
export function chanceOf(given: () => number, failed: (error: Error) => void): () => number {
  return () => {
    try {
      const number = given();
      if (number >= 0 && number < 1) return number;
      failed(new Error(`random() gave ${messageOf(number)}, which is not in [0, 1)`));
    } catch (error) {
      failed(new Error(`random() threw: ${messageOf(error)}`));
    }
    return Math.random();
  };
}
