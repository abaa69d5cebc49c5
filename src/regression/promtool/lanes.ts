/** Does all items, at most so many at a time: who asks promtool keeps the texts of its questions until they are answered. */
export async function inLanes<Item>(
  items: Iterable<Item>,
  body: (item: Item) => Promise<void>,
  most = MOST_LANES,
): Promise<void> {
  const open = items[Symbol.iterator]()
  const lane = async () => {
    for (let next = open.next(); !next.done; next = open.next()) await body(next.value)
  }
  await Promise.all(Array.from({ length: most }, lane))
}

/** Enough to fill the processes of every core. */
const MOST_LANES = 128
