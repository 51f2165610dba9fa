import type { Counts } from './counts.js';
import { noteIn } from './ledger.js';
import { fieldsOf, type Message, textOf } from './message.js';
import type { RequestKind, Settings } from './settings.js';

/** What is to be done with a request. */
export interface Deed {
  answer: 'result' | 'error' | 'none';
  /** When the process exits, if it does. */
  crash: 'before' | 'after' | null;
  /** Milliseconds until the answer. */
  delay: number;
  /** Something that is no JSON goes before the answer. */
  hasGarbage: boolean;
}

/** Decides what becomes of each request, and writes down the calls that it lets begin. */
export class Conduct {
  readonly #settings: Settings;
  readonly #counts: Counts;

  constructor(settings: Settings, counts: Counts) {
    this.#settings = settings;
    this.#counts = counts;
  }

  /** Counts the request. Called once for each, and not for notifications. */
  decide({ method = '', params }: Message): Deed {
    const { crashOn, crashAfter, hangOn, errorOn, silent, slow, garbage, ledger } = this.#settings;
    const request = this.#counts.next('request');
    const kind = kindOf(method);
    const number = kind === null ? 0 : this.#counts.next(kind);
    const isMeant = (faults: Settings['crashOn']) => kind !== null && faults[kind]?.has(number) === true;
    const isError = isMeant(errorOn);
    // A call that is refused is none that was begun; any other was, however it ends.
    if (kind === 'call' && !isError)
      noteIn(ledger, textOf(params.name), textOf(fieldsOf(params.arguments).key));
    const isSilent = silent?.has(request) === true || isMeant(hangOn);
    const after = isMeant(crashAfter) ? 'after' : null;
    return {
      answer: isSilent ? 'none' : isError ? 'error' : 'result',
      crash: isMeant(crashOn) ? 'before' : after,
      delay: slow?.which.has(request) === true ? slow.value : 0,
      hasGarbage: garbage?.has(request) === true,
    };
  }
}

function kindOf(method: string): RequestKind | null {
  if (method === 'initialize' || method === 'ping') return method;
  if (method === 'tools/call') return 'call';
  return method.endsWith('/list') ? 'list' : null;
}

export const PLANNED_ERROR = { code: -32603, message: 'refused, as asked' };
export const METHOD_NOT_FOUND = { code: -32601, message: 'Method not found' };
