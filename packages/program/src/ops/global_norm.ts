import { define, type Values, whole } from "./Definition.ts"

/** `sqrt(sum (gradScale * g)^2)` over all tensors, in tensor order. */
export const globalNorm = define({
  kind: "global_norm",
  inputs: {},
  variadic: true,
  outputs: { norm: whole(1) },
  scalars: ["gradScale"],
  flops: ({ elements }) => 3 * elements,
  loop: ({ input, output: { norm }, scalar: { gradScale } }) => {
    let sum = 0
    for (const tensor of Object.values<Values>(input)) {
      for (let i = 0; i < tensor.length; i++) sum += (gradScale * tensor[i]) ** 2
    }
    norm[0] = Math.sqrt(sum)
  },
})
