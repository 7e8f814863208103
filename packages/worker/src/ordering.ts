/** Assignments as the runs of an order, with what the worker needs to be told. */
import { type Assignment, type BackendError, runId } from "@ts/backend"
import { parametrise } from "@ts/model"
import { toJson } from "@ts/mup"
import { Effect } from "effect"
import type { Message, OrderedRun } from "./protocol.ts"
import type { Publishing } from "./publishing.ts"

export type Needs = Extract<Message, { readonly _tag: "Hello" }>["needs"]

export const orderRuns = (
  assignments: readonly [Assignment, ...Array<Assignment>],
  needs: Needs,
  publishing: Publishing,
): Effect.Effect<readonly [OrderedRun, ...Array<OrderedRun>], BackendError> =>
  Effect.forEach(assignments, (assignment) =>
    Effect.gen(function* () {
      const { model, parametrisation } = assignment.spec
      return {
        runId: runId(assignment.spec),
        assignment,
        ...(needs.includes("data") ? { data: yield* publishing.manifestOf(assignment) } : {}),
        ...(needs.includes("plan") ? { plan: toJson(parametrise(model, parametrisation)) } : {}),
      }
    }),
  )
