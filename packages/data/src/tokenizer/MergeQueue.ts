/**
 * A heap of (count, pair) with stale entries: a pair whose count changes is pushed again, and an entry whose count is no
 * longer true is dropped when it comes up. Order: larger count, then smaller pair.
 */
export class MergeQueue {
  readonly #counts: Array<number> = []
  readonly #pairs: Array<number> = []

  push(count: number, pair: number): void {
    let i = this.#counts.length
    this.#counts.push(count)
    this.#pairs.push(pair)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!this.#before(i, parent)) break
      this.#swap(i, parent)
      i = parent
    }
  }

  /** The first pair whose entry agrees with `countOf`, removed; `undefined` when none is left. */
  pop(countOf: (pair: number) => number): number | undefined {
    while (this.#counts.length > 0) {
      const count = this.#counts[0]!
      const pair = this.#pairs[0]!
      this.#removeFirst()
      if (countOf(pair) === count) return pair
    }
    return undefined
  }

  #removeFirst(): void {
    const last = this.#counts.length - 1
    this.#swap(0, last)
    this.#counts.pop()
    this.#pairs.pop()
    for (let i = 0; ; ) {
      let first = i
      for (const child of [2 * i + 1, 2 * i + 2]) if (child < last && this.#before(child, first)) first = child
      if (first === i) return
      this.#swap(i, first)
      i = first
    }
  }

  #before(a: number, b: number): boolean {
    const difference = this.#counts[a]! - this.#counts[b]!
    return difference !== 0 ? difference > 0 : this.#pairs[a]! < this.#pairs[b]!
  }

  #swap(a: number, b: number): void {
    const count = this.#counts[a]!
    const pair = this.#pairs[a]!
    this.#counts[a] = this.#counts[b]!
    this.#pairs[a] = this.#pairs[b]!
    this.#counts[b] = count
    this.#pairs[b] = pair
  }
}
