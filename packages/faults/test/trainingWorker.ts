/** The process that trains for `forking.ts`: tells each step, and ends after the last. */
export interface Order {
  readonly x: number
  readonly tokens: number
  readonly step: number
  readonly until: number
  readonly batch: number
  readonly eta: number
}

export interface Step {
  readonly x: number
  readonly tokens: number
  readonly step: number
}

process.once("message", async ({ x, tokens, step, until, batch, eta }: Order) => {
  while (tokens < until) {
    x = x * (1 - eta) + Math.sin(tokens) * eta * 0.1
    tokens += batch
    step++
    await new Promise((told) => process.send!({ x, tokens, step } satisfies Step, told))
  }
  process.disconnect()
})
