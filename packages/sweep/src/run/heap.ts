/** A binary heap: the first by `order` comes off in O(log n). */
export interface Heap<A> {
  readonly push: (item: A) => void
  readonly pop: () => A | undefined
}

export const makeHeap = <A>(order: (a: A, b: A) => number): Heap<A> => {
  const items: Array<A> = []
  const isBefore = (i: number, j: number) => order(items[i]!, items[j]!) < 0
  const swap = (i: number, j: number) => {
    const held = items[i]!
    items[i] = items[j]!
    items[j] = held
  }
  return {
    push: (item) => {
      let at = items.push(item) - 1
      while (at > 0) {
        const above = (at - 1) >> 1
        if (!isBefore(at, above)) return
        swap(at, above)
        at = above
      }
    },
    pop: () => {
      const first = items[0]
      const last = items.pop()
      if (items.length === 0 || last === undefined) return first
      items[0] = last
      for (let at = 0; ; ) {
        let least = at
        for (const below of [2 * at + 1, 2 * at + 2]) if (below < items.length && isBefore(below, least)) least = below
        if (least === at) return first
        swap(at, least)
        at = least
      }
    },
  }
}
