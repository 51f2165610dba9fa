export type Tone = 'plain' | 'bold' | 'dim' | 'good' | 'bad' | 'busy' | 'accent';

const CODES: { [tone in Tone]: readonly [on: number, off: number] | null } = {
  plain: null,
  bold: [1, 22],
  dim: [2, 22],
  good: [32, 39],
  bad: [31, 39],
  busy: [33, 39],
  accent: [36, 39],
};

export type Paint = (tone: Tone, text: string) => string;

export const noPaint: Paint = (_tone, text) => text;

/** As much of a terminal as a tour uses. */
export interface Terminal {
  readonly columns: number;
  /** Hears NO_COLOR, FORCE_COLOR and TERM. */
  hasColors(): boolean;
}

export function paintFor(terminal: Terminal): Paint {
  if (!terminal.hasColors()) return noPaint;
  return (tone, text) => {
    const code = CODES[tone];
    return code === null || text === '' ? text : `\u001b[${code[0]}m${text}\u001b[${code[1]}m`;
  };
}
