import type { Plan } from "@ts/mup"
import { elements } from "@ts/program"
import { random } from "@ts/random"
import type { Mpt } from "./mpt.ts"

/**
 * Initial weights by tensor name. Every tensor has its own stream of the seed, so one seed gives the same draws, scaled,
 * whatever the learning rate or the parametrisation.
 */
export const initialise = (model: Mpt, plan: Plan, seed: number): ReadonlyMap<string, Float32Array> =>
  new Map(
    model.parameters.map(({ name, shape }, i) => {
      const values = new Float32Array(elements({ name, shape, storage: "parameter", perToken: false }))
      const { initStd, initConstant } = plan.tensors[i]
      if (initConstant !== undefined) values.fill(initConstant)
      else random(seed, `init/${name}`).fillNormal(values, initStd)
      return [name, values]
    }),
  )
