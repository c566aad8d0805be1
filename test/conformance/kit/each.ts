/** Does the same with each of `items`, one after the other; a failure names the item. */
export async function each<Item>(items: Iterable<Item>, run: (item: Item) => Promise<void>): Promise<void> {
  for (const item of items) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await run(item);
    } catch (error) {
      const name = typeof item === 'string' ? item : JSON.stringify(item);
      throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}
