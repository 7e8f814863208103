/** Runs the command from the sources: `node --conditions=@ts/source packages/cli/src/bin.ts`. */
import { main } from "./main.ts"

main()
