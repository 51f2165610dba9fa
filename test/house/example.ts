/** Stands in the README before the example that is meant; the next block of TypeScript is it. */
export const exampleMarker = '<!-- example: embed -->';

/** The code of the marked example of a Markdown text. */
export function markedExample(markdown: string): string {
  const [, after] = markdown.split(exampleMarker);
  if (after === undefined) throw new Error(`README.md has no ${exampleMarker} before its example`);
  const block = /^```(?:ts|typescript)\n(.*?)^```$/ms.exec(after);
  if (block?.[1] === undefined)
    throw new Error(`README.md has no block of TypeScript after ${exampleMarker}`);
  return block[1];
}
