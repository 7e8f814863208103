import { coordinateCheck, parameterGroups, plan, toJson } from "@ts/mup"
import { known } from "../known.ts"

export default () => {
  const shape = { width: 1024, depth: 24, headSize: 64, baseWidth: 256, baseDepth: 24, baseHeadSize: 64 }
  const found = plan({ kind: "mup" }, shape, [
    { name: "wte", role: "input", fanIn: 50257, fanOut: 1024, baseFanIn: 50257, baseFanOut: 256 },
    { name: "up", role: "hidden", fanIn: 1024, fanOut: 4096, baseFanIn: 256, baseFanOut: 1024, block: true },
    { name: "head", role: "output", fanIn: 1024, fanOut: 50257, baseFanIn: 256, baseFanOut: 50257 },
  ])
  // Tensor Programs V, table 8: width ratio 4; hidden rate 1/4, hidden std 1/2 of the base's 1/16, readout 1/4.
  const [input, hidden, output] = found.tensors
  known("rate of the input", input!.adam.lr, 1, 0)
  known("rate of a hidden tensor", hidden!.adam.lr, 1 / 4, 0)
  known("multiplier of the readout", output!.forwardMultiplier, 1 / 4, 0)
  const observations = [64, 128, 256, 512].flatMap((width) =>
    [1, 2].map((seed) => ({ width, seed, step: 1, layer: "mlp", rms: 0.1 * width ** 0.5 })),
  )
  const check = coordinateCheck(observations, { learningRate: 0.01, heldFixed: "head-size" })
  if (check.verdict !== "fail") throw new Error(`a slope of 1/2 is judged "${check.verdict}"`)
  return { document: toJson(found), groups: parameterGroups(found, "adamw", "coupled-to-lr"), check }
}
