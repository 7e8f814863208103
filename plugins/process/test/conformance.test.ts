import { suite } from "@ts/backend-conformance"
import { cpu, surrogate } from "./workers.ts"

suite("a process on the CPU", cpu)
suite("a process on the surrogate", surrogate)
