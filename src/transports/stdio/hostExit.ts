/**
 * Ends servers together with this process. A process group of their own keeps servers from hearing
 * the terminal's Ctrl-C, and a signal that nobody handles ends Node without an `exit` event, so:
 *
 * - on `exit` (the normal end, `process.exit`, an uncaught exception) all are killed;
 * - on SIGTERM, SIGINT and SIGHUP all are killed and the signal is raised again, so that this process
 *   ends by the signal as it would have without us. Where somebody else listens for the signal, the
 *   decision is theirs, and `exit` follows if they end the process.
 *
 * Nothing can be done when this process is killed by SIGKILL: a server then sees the end of its input.
 *
 * The listeners exist only as long as there is something to kill.
 */
const kills = new Set<() => void>();
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** Tells the listeners of other copies of this package, which decide nothing, from the host's own. */
const ours = Symbol.for('mcp-lifeline.hostExit');
let isListening = false;

/**
 * Has `kill`, which must not throw, called when this process ends. Returns the function that takes
 * this back.
 */
export function killAtHostExit(kill: () => void): () => void {
  kills.add(kill);
  if (!isListening) listen();
  return () => {
    kills.delete(kill);
    if (kills.size === 0 && isListening) unlisten();
  };
}

// First in the row: a `once` listener of the host is gone from the list as soon as it was called, and
// an `exit` listener that throws keeps later ones from being called.
function listen(): void {
  isListening = true;
  process.prependListener('exit', killAll);
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
}

function unlisten(): void {
  isListening = false;
  process.removeListener('exit', killAll);
  for (const signal of SIGNALS) process.removeListener(signal, onSignal);
}

function killAll(): void {
  for (const kill of kills) kill();
}

const onSignal = Object.assign(
  (signal: NodeJS.Signals): void => {
    if (isDecidedElsewhere(signal)) return;
    killAll();
    unlisten();
    process.kill(process.pid, signal);
  },
  { [ours]: true },
);

function isDecidedElsewhere(signal: NodeJS.Signals): boolean {
  const others = process.listeners(signal).filter((listener) => !(ours in listener));
  return others.length > countSignalExit();
}

/**
 * How many of the listeners belong to the `signal-exit` package, which many programs carry without
 * knowing. It steps back when it sees a listener beside its own, as we do: each would wait for the
 * other, and the signal would have no effect at all.
 */
function countSignalExit(): number {
  const emitters: unknown[] = [
    Reflect.get(globalThis, Symbol.for('signal-exit emitter')),
    Reflect.get(process, '__signal_exit_emitter__'),
  ];
  return emitters.reduce<number>((total, emitter) => total + countOf(emitter), 0);
}

function countOf(emitter: unknown): number {
  if (typeof emitter !== 'object' || emitter === null || !('count' in emitter)) return 0;
  return typeof emitter.count === 'number' ? emitter.count : 0;
}
