/**
 * Text in the pictures is set in a monospaced font, so that its width is known without the font: no
 * common one is wider than 0.61 of its size for each character. Arrows may come from another font.
 */
const WIDEST_ADVANCE = 0.61;
const WIDEST_SYMBOL = 1.1;

export const FONT_STACK =
  "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace";

/** Width in pixels, never too little for these fonts. */
export function textWidth(text: string, fontSize: number): number {
  const widths = [...text].map((character) => (character < '\u0250' ? WIDEST_ADVANCE : WIDEST_SYMBOL));
  return Math.ceil(widths.reduce((sum, width) => sum + width, 0) * fontSize);
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
