/** Collects the runs of a study; equal ones merge, and what hangs on a trunk follows it. */
import { type RunSpec, runIds } from "@ts/backend"
import { roundToStep } from "@ts/schedule"
import { boundaryOf } from "../plan/boundary.ts"
import { type Asked, ascending } from "./asked.ts"
import { identities } from "./identity.ts"
import type { Problems } from "./problems.ts"
import type { Expansion, StudyRun } from "./Study.ts"
import { type Limb, limbsReader } from "./tree.ts"

type Wanted = Omit<StudyRun, "runId" | "spec">

const NONE: ReadonlyArray<number> = []

/** Readings of horizons, without those that are there to be compared with branches. */
export const horizonsOf = ({
  horizons,
  probes = NONE,
}: Pick<StudyRun, "horizons" | "probes">): ReadonlyArray<number> =>
  probes.length === 0 ? horizons : horizons.filter((horizon) => !probes.includes(horizon))

const union = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => (a === b ? a : ascending([...a, ...b]))

const withProbes = (
  horizons: ReadonlyArray<number>,
  probes: ReadonlyArray<number>,
): Pick<Wanted, "horizons" | "probes"> => {
  const more = ascending(probes.filter((probe) => !horizons.includes(probe)))
  return more.length === 0 ? { horizons } : { horizons: union(horizons, more), probes: more }
}

const sameSize = (a: Wanted, b: Wanted) =>
  a.horizons.length === b.horizons.length &&
  a.averages.length === b.averages.length &&
  a.checkpointAt.length === b.checkpointAt.length

export class Runs {
  readonly #runs = new Map<string, StudyRun>()
  readonly #notes = new Set<string>()
  readonly #problems: Problems
  readonly #idOf = runIds()
  readonly #identity = identities()
  readonly #limbsOf = limbsReader()
  readonly #readable = new Map<string, ReadonlyArray<number>>()
  #repeated = 0

  constructor(problems: Problems) {
    this.#problems = problems
  }

  add(spec: RunSpec, asked: Asked) {
    const horizons = this.#readableOf(spec, asked.horizons)
    if (horizons.length === 0) return
    const { decays, branches, probes = NONE, averages, checkpointAt, noiseScale, logEvery } = asked
    const tree = decays === undefined && branches === undefined ? undefined : this.#limbsOf(spec, horizons, asked)
    const [id, changed] = this.#merge(spec, {
      ...(tree === undefined && probes.length === 0
        ? { horizons }
        : withProbes(horizonsOf({ horizons, probes }), [...probes, ...(tree?.probes ?? NONE)])),
      averages,
      checkpointAt,
      ...(noiseScale === undefined ? {} : { noiseScale }),
      ...(logEvery === undefined ? {} : { logEvery }),
    })
    let anything = changed
    for (const limb of tree?.limbs ?? []) anything = this.#grow(spec, id, limb, logEvery) || anything
    for (const note of tree?.notes ?? []) this.#notes.add(note)
    for (const problem of tree?.problems ?? []) this.#problems.add(problem)
    if (!anything) this.#repeated++
  }

  #grow(trunk: RunSpec, parent: string, { at, schedule, batch, etaFactor, horizons, probe }: Limb, logEvery?: number) {
    const [, changed] = this.#merge(
      { ...trunk, eta: trunk.eta * etaFactor, schedule, batch, origin: { parent, at } },
      {
        horizons,
        ...(probe ? { probes: horizons } : {}),
        averages: NONE,
        checkpointAt: NONE,
        ...(logEvery === undefined ? {} : { logEvery }),
      },
    )
    return changed
  }

  /** Adds a run, or what it asks for to the one that is there; tells whether that asked for anything new. */
  #merge(spec: RunSpec, wanted: Wanted): readonly [runId: string, changed: boolean] {
    const id = this.#idOf(spec)
    const known = this.#runs.get(id)
    if (known === undefined) {
      this.#runs.set(id, { runId: id, spec, ...wanted })
      return [id, true]
    }
    const { probes: _, ...rest } = known
    const merged: StudyRun = {
      ...wanted,
      ...rest,
      ...withProbes(union(horizonsOf(known), horizonsOf(wanted)), [
        ...(known.probes ?? NONE),
        ...(wanted.probes ?? NONE),
      ]),
      averages: union(known.averages, wanted.averages),
      checkpointAt: union(known.checkpointAt, wanted.checkpointAt),
    }
    this.#runs.set(id, merged)
    return [id, !sameSize(known, merged)]
  }

  /** Horizons that a batch allows, and a note of the others. */
  #readableOf(spec: RunSpec, wanted: ReadonlyArray<number>): ReadonlyArray<number> {
    const { batch, origin } = spec
    const key = `${this.#identity(batch)} ${this.#identity(wanted)} ${origin?.at}`
    const known = this.#readable.get(key)
    if (known !== undefined) return known
    const first = roundToStep(batch, 1)
    const readable = wanted.filter((horizon) => {
      if (origin !== undefined && horizon <= origin.at) {
        this.#problems.add({
          field: "runs.horizons",
          message: `runs.horizons: ${horizon} tokens lie before the branch, which starts at ${origin.at}; read its parent there`,
        })
        return false
      }
      if (horizon < first) {
        this.#notes.add(`horizon ${horizon} is left out at batch ${first}: smaller than one batch`)
        return false
      }
      const boundary = boundaryOf(spec, horizon)
      if (boundary !== horizon) {
        this.#notes.add(`horizon ${horizon} is no whole number of batches of ${first}: read at ${boundary} tokens`)
      }
      return true
    })
    const kept = readable.length === wanted.length ? wanted : readable
    this.#readable.set(key, kept)
    return kept
  }

  /** Throws what was found wrong. */
  expansion(): Expansion {
    for (const { spec } of this.#runs.values()) {
      if (spec.origin !== undefined) this.#checkOrigin(spec.origin)
    }
    this.#problems.throw()
    if (this.#runs.size === 0) {
      const why = [...this.#notes].join("; ")
      this.#problems.add({
        field: "horizon",
        message: `horizon: nothing is left to read (${why}); raise it or lower batch`,
      })
      this.#problems.throw()
    }
    const repeated =
      this.#repeated === 0
        ? []
        : [
            `${this.#repeated} ${this.#repeated === 1 ? "cell is" : "cells are"} given more than once: each is trained once`,
          ]
    return { runs: [...this.#runs.values()], notes: [...this.#notes, ...repeated] }
  }

  #checkOrigin({ parent: id, at }: NonNullable<RunSpec["origin"]>) {
    const parent = this.#runs.get(id)
    if (parent === undefined) {
      this.#problems.add({
        field: "runs.spec.origin.parent",
        message: `runs.spec.origin.parent: ${id} is no run of this study; add the run it branches from`,
      })
      return
    }
    const boundary = boundaryOf(parent.spec, at)
    if (boundary !== at) {
      this.#problems.add({
        field: "runs.spec.origin.at",
        message: `runs.spec.origin.at: ${at} lies inside a step of the parent; use ${boundary}`,
      })
    }
  }
}
