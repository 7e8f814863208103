import { describe, expect, it } from "vitest"
import { MappingError } from "./errors.ts"
import { parseProduct, showProduct, substitute } from "./expression.ts"

const names = ["bs", "smooth loss", "smooth", "loss/val", "N (millions)", "tokens"]

describe("parseProduct", () => {
  it("reads columns with spaces, products, quotients and numbers", () => {
    expect(parseProduct("batch", "bs * 2048", names)).toEqual({ constant: 2048, columns: [{ name: "bs", power: 1 }] })
    expect(parseProduct("loss", "smooth loss", names).columns[0].name).toBe("smooth loss")
    expect(parseProduct("loss", "loss/val", names).columns).toEqual([{ name: "loss/val", power: 1 }])
    expect(parseProduct("size", "N (millions)*1e6", names)).toEqual({
      constant: 1e6,
      columns: [{ name: "N (millions)", power: 1 }],
    })
    expect(parseProduct("steps", " tokens / bs / 2 ", names)).toEqual({
      constant: 0.5,
      columns: [
        { name: "tokens", power: 1 },
        { name: "bs", power: -1 },
      ],
    })
    expect(parseProduct("width", "64", names)).toEqual({ constant: 64, columns: [] })
  })

  it("names what it cannot read, the columns at hand and the nearest of them", () => {
    expect(() => parseProduct("eta", "lr", names)).toThrow(MappingError)
    expect(() => parseProduct("eta", "lr", names)).toThrow('--eta "lr": there is no column "lr"; the columns are "bs",')
    expect(() => parseProduct("batch", "bs *", names)).toThrow("missing after the operator")
    expect(() => parseProduct("batch", "bs + 1", names)).toThrow('there is no column "bs + 1"')
    expect(() => parseProduct("batch", "", names)).toThrow("name a column")
    expect(() => parseProduct("batch", "bs * 0", names)).toThrow("above zero")
    expect(() => parseProduct("warmupSteps", "BS_ * 2", names)).toThrow(
      /^--warmup-steps "BS_ \* 2": .*; nearest: "bs"\.$/,
    )
    expect(() => parseProduct("loss", "smooth_loss", names)).toThrow('nearest: "smooth loss", "smooth"')
  })
})

it("puts products in the place of names and writes them as they were", () => {
  const batch = parseProduct("batch", "bs * 2048", names)
  const tokens = parseProduct("tokens", "steps * batch / 8", ["steps", "batch"])
  const all = substitute(tokens, new Map([["batch", batch]]))
  expect(showProduct(all)).toBe("steps * bs * 256")
  expect(
    showProduct(substitute(parseProduct("steps", "tokens / batch", ["tokens", "batch"]), new Map([["batch", batch]]))),
  ).toBe("tokens * 0.00048828125 / bs")
  for (const text of ["bs", "bs * 2048", "tokens / bs", "64"])
    expect(showProduct(parseProduct("x", text, names))).toBe(text)
})
