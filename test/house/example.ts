/** Stands in a text before an example that is run or compiled; the next block of TypeScript is it. */
export const exampleMarker = (name: string) => `<!-- example: ${name} -->`;

/** The code of the example of this name in a Markdown text. */
export function markedExample(markdown: string, name = 'embed'): string {
  const marker = exampleMarker(name);
  // Behind the name it may say who runs it.
  const [, after] = markdown.split(new RegExp(`<!-- example: ${name}(?:,[^\\n]*)? -->`));
  if (after === undefined) throw new Error(`there is no ${marker} before an example`);
  const block = /^```(?:ts|tsx|typescript)\n(.*?)^```$/ms.exec(after);
  if (block?.[1] === undefined) throw new Error(`there is no block of TypeScript after ${marker}`);
  return block[1];
}
