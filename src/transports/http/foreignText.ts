/** Longest text of a server that an error shows. */
const LONGEST = 200;

/** Text of a server as an error may show it: one short line without control characters. */
export function showForeign(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}
