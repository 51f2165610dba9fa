import type { AnyStateMachine } from 'xstate';
import type { IgnoredPair } from '../totality.js';

/** What a machine's page says beside what the machine says itself. Everything is Markdown. */
export interface MachineDocument {
  /** Name of the files, without an ending. */
  file: string;
  machine: AnyStateMachine;
  introduction: string;
  /** The machine's events, told apart by who sends them; each gets a table. None may be missing. */
  events: readonly {
    title: string;
    text: string;
    types: readonly string[];
    /** As in `toTable`. */
    rows: 'all' | 'answering';
  }[];
  /** For every delay of the machine how long it is. None may be missing, and none may be left over. */
  delays: { readonly [name: string]: { setting: string; defaultText: string } };
  /** For every actor of the machine what it does. None may be missing, and none may be left over. */
  actors: { readonly [name: string]: string };
  /** Tables that only this machine has. */
  sections: readonly { title: string; text: string }[];
  ignored: readonly Pick<IgnoredPair<never>, 'state' | 'event' | 'when' | 'reason'>[];
}

/** Milliseconds as people write them: `500 ms`, `30 s`, `10 min`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds > 60_000 && milliseconds % 60_000 === 0) {
    return `${milliseconds / 60_000} min`;
  }
  return milliseconds >= 1_000 ? `${milliseconds / 1_000} s` : `${milliseconds} ms`;
}

/** @throws Error when the page and the machine do not speak of the same things */
export function assertSame(what: string, ofMachine: Iterable<string>, ofPage: Iterable<string>): void {
  const inMachine = new Set(ofMachine);
  const onPage = new Set(ofPage);
  for (const name of inMachine)
    if (!onPage.has(name)) throw new Error(`${what} '${name}' is not on the page`);
  for (const name of onPage)
    if (!inMachine.has(name)) throw new Error(`the machine has no ${what} '${name}'`);
}
