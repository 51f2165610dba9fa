/** More pages than any server has; one that repeats its cursor would be asked for ever. */
const MOST_PAGES = 1_000;

/**
 * The items of all pages of a list (MCP, pagination).
 *
 * @throws Error when there is no end to them
 */
export async function allPages<Page extends { nextCursor?: string | undefined }, Item>(
  ask: (params: { cursor: string } | undefined) => Promise<Page>,
  itemsOf: (page: Page) => readonly Item[],
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await ask(cursor === undefined ? undefined : { cursor });
    items.push(...itemsOf(answer));
    if (answer.nextCursor === undefined || answer.nextCursor === cursor) return items;
    cursor = answer.nextCursor;
  }
  throw new Error(`the list has more than ${MOST_PAGES} pages`);
}
