/**
 * A value as one line of JSON, its newline included. JSON takes U+2028 and U+2029 as they are, but
 * `node:readline` and others, which many programs read with, end a line there.
 *
 * @throws TypeError, RangeError when the value is no JSON: circular, a bigint, nested too deeply
 */
export function toJsonLine(value: object): string {
  const text = JSON.stringify(value);
  return `${text.replace(/[\u2028\u2029]/g, (separator) => (separator === '\u2028' ? '\\u2028' : '\\u2029'))}\n`;
}
