/** The element of the page with this id. */
export function byId<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} #${id}`);
}

/** A new element. Texts go in as texts, whatever they hold. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  ...content: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (className !== '') element.className = className;
  element.append(...content);
  return element;
}

/** Sets the text unless it is there already: what is selected or read aloud is left alone. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setData(element: HTMLElement, name: string, value: string | null): void {
  if (value === null) delete element.dataset[name];
  else if (element.dataset[name] !== value) element.dataset[name] = value;
}

/**
 * Has the list show these entries, newest first. Those that are there already stay as they are.
 *
 * @param entries oldest first
 */
export function showEntries<Entry extends { readonly id: number }>(
  list: HTMLElement,
  entries: readonly Entry[],
  show: (entry: Entry) => HTMLElement,
): void {
  const wanted = new Set(entries.map(({ id }) => String(id)));
  const there = new Set<string>();
  for (const child of [...list.children]) {
    const id = child instanceof HTMLElement ? (child.dataset.id ?? '') : '';
    if (wanted.has(id)) there.add(id);
    else child.remove();
  }
  for (const entry of entries) {
    if (there.has(String(entry.id))) continue;
    const element = show(entry);
    element.dataset.id = String(entry.id);
    list.prepend(element);
  }
}
