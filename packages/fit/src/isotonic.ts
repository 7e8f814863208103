/** Nearest non-decreasing sequence in weighted least squares (pool adjacent violators). */
export const nonDecreasing = (y: ReadonlyArray<number>, weights?: ReadonlyArray<number>): ReadonlyArray<number> => {
  let inOrder = 1
  while (inOrder < y.length && y[inOrder - 1] <= y[inOrder]) inOrder++
  if (inOrder >= y.length) return y
  const blocks: Array<{ sum: number; weight: number; count: number }> = []
  y.forEach((value, i) => {
    const weight = weights?.[i] ?? 1
    blocks.push({ sum: value * weight, weight, count: 1 })
    while (blocks.length > 1) {
      const last = blocks[blocks.length - 1]
      const before = blocks[blocks.length - 2]
      if (before.sum / before.weight <= last.sum / last.weight) break
      blocks.pop()
      before.sum += last.sum
      before.weight += last.weight
      before.count += last.count
    }
  })
  return blocks.flatMap((block) => new Array<number>(block.count).fill(block.sum / block.weight))
}
