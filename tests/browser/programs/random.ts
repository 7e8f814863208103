import { permutation, philox4x32, random, sequence } from "@ts/random"
import { known } from "../known.ts"

export default () => {
  // kat_vectors of Random123, philox4x32 10, the line of the digits of pi.
  const words = new Uint32Array(4)
  philox4x32(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, words)
  for (const [i, word] of [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1].entries())
    known(`word ${i}`, words[i]!, word, 0)
  const draws = sequence(random(7, "browser"))
  const weights = new Float32Array(1000)
  random(7, "weights").fillNormal(weights, 0.02)
  return {
    order: permutation(random(7, "documents"), 1000),
    uniforms: Array.from({ length: 1000 }, () => draws.next()),
    normals: Array.from({ length: 1000 }, () => draws.normal()),
    weights,
  }
}
