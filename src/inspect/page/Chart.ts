import type { TransitionTaken } from '../frames.types.js';

/** Milliseconds for which a line stays lit that was taken. */
const LIT_FOR = 1_600;
/** Pixels above and below a state that is seen. */
const MARGIN = 24;

interface Edge {
  readonly element: Element;
  readonly source: string;
  readonly target: string;
}

/** The chart of the connection that is looked at: its states lit as they are, its transitions as they are taken. */
export class Chart {
  readonly #pane: HTMLElement;
  /** What is drawn of each state: its frame, and its name. */
  readonly #states = new Map<string, readonly Element[]>();
  readonly #edges: readonly Edge[];
  #active: readonly string[] = [];
  #shown: { readonly name: string; readonly id: number } | null = null;
  readonly #lit = new Map<Element, number>();

  constructor(pane: HTMLElement) {
    this.#pane = pane;
    // The picture has the frames first and the names last, both in the same order.
    const names = pane.querySelectorAll('text.title, text.region');
    pane.querySelectorAll('[data-state]').forEach((frame, index) => {
      const name = names[index];
      this.#states.set(frame.getAttribute('data-state') ?? '', name === undefined ? [frame] : [frame, name]);
    });
    this.#edges = [...pane.querySelectorAll('.edge')].map((element) => {
      const [ends = ''] = (element.querySelector('title')?.textContent ?? '').split('\n');
      const [source = '', target = ''] = ends.split(' → ');
      return { element, source, target };
    });
  }

  /**
   * @param transitions oldest first, those that were shown already are not lit again; null while they are not known
   * @param follows whether to scroll to where it is
   */
  show(
    name: string,
    states: readonly string[],
    transitions: readonly TransitionTaken[] | null,
    follows: boolean,
  ): void {
    const isSame = this.#shown?.name === name;
    const hasMoved = states.join() !== this.#active.join();
    if (hasMoved) this.#light(states);
    // What was taken before anybody looked is no news.
    const seen = isSame ? (this.#shown?.id ?? 0) : Number.POSITIVE_INFINITY;
    const news = (transitions ?? []).filter(({ id }) => id > seen);
    if (news.length > 0 || !isSame) for (const [element] of [...this.#lit]) this.#unlight(element);
    for (const transition of news) {
      for (const target of transition.targets) this.#take(transition.source, target);
    }
    this.#shown = transitions === null ? null : { name, id: transitions.at(-1)?.id ?? 0 };
    if ((hasMoved || !isSame) && follows) this.reveal();
  }

  /** Scrolls to the states that are lit. */
  reveal(): void {
    const leaf = this.#states.get(this.#place())?.[0];
    if (leaf === undefined) return;
    const box = leaf.getBoundingClientRect();
    const frame = this.#pane.getBoundingClientRect();
    const isSeen =
      box.top >= frame.top + MARGIN &&
      box.bottom <= frame.bottom - MARGIN &&
      box.left >= frame.left &&
      box.right <= frame.right;
    if (isSeen) return;
    const top = this.#pane.scrollTop + (box.top + box.bottom) / 2 - (frame.top + frame.bottom) / 2;
    const left = this.#pane.scrollLeft + (box.left + box.right) / 2 - (frame.left + frame.right) / 2;
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#pane.scrollTo({ top, left, behavior: isCalm ? 'instant' : 'smooth' });
  }

  /** The innermost state; where there are regions, what is around them. */
  #place(): string {
    const leaves = this.#active.filter((path) => !this.#active.some((other) => other.startsWith(`${path}.`)));
    const [first = ''] = leaves;
    if (leaves.length < 2) return first;
    const names = first.split('.');
    const around = names.map((_, index) => names.slice(0, names.length - index).join('.'));
    return around.find((path) => leaves.every((leaf) => isWithin(leaf, path))) ?? first;
  }

  #light(states: readonly string[]): void {
    this.#active = states;
    for (const [path, elements] of this.#states) {
      const isActive = states.includes(path);
      const isLeaf = isActive && !states.some((other) => other.startsWith(`${path}.`));
      for (const element of elements) {
        element.classList.toggle('is-active', isActive);
        element.classList.toggle('is-leaf', isLeaf);
      }
    }
  }

  /** A line stands for all transitions between two states: it may begin at one around the source. */
  #take(source: string, target: string): void {
    const [edge] = this.#edges
      .filter((each) => each.target === target && isWithin(source, each.source))
      .sort((one, other) => other.source.length - one.source.length);
    if (edge === undefined) return;
    const { element } = edge;
    this.#unlight(element);
    element.classList.add('is-taken');
    this.#lit.set(
      element,
      window.setTimeout(() => this.#unlight(element), LIT_FOR),
    );
  }

  #unlight(element: Element): void {
    window.clearTimeout(this.#lit.get(element));
    this.#lit.delete(element);
    element.classList.remove('is-taken');
  }
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}.`);
}
