#!/usr/bin/env node
import module from "node:module"

// Loaded only where they can be: an older Node would stop at a missing export with a stack trace.
const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`error: time-transfer needs Node 22.19 or newer, and this is ${process.version}; install a newer one`)
  process.exitCode = 2
} else {
  // The second start takes half the time of the first.
  module.enableCompileCache()
  const { main } = await import("../dist/index.js")
  main()
}
