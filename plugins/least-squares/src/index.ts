export { defaultProblem, LeastSquaresBackend } from "./backend.ts"
export { type Average, type Descent, descent, type Segment } from "./moments.ts"
export { type Modes, modesOf, type Problem, ProblemError } from "./problem.ts"
