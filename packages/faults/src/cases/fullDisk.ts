/** A disk that is really full: a small file system in memory, in a mount namespace that ends with its processes. */
import { match, ok } from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { driverCommand, startCommand } from "../drive.ts"
import type { FaultCase } from "../faultCase.ts"
import { expectFinished } from "../kills.ts"
import { acknowledgementsOf } from "../studyFolder.ts"
import { acknowledged, inFolder, verify } from "../verify.ts"

/** Root needs no user namespace; where neither is allowed, or there is no Linux, there is no such disk to be had. */
const namespace = (): ReadonlyArray<string> | undefined =>
  ["-m", "-rm"]
    .map((flag) => ["unshare", flag])
    .find(([command, flag]) => {
      const { status } = spawnSync(command!, [flag!, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" })
      return status === 0
    })

const quoted = (words: ReadonlyArray<string>) => words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")

/** Kilobytes that are left of the disk, in one life after another. */
const rooms = [40, 120, 200]

/** `$0`: the folder. A ballast leaves some room; when the sweep has ended, the ballast goes, and the sweep goes on. */
const script = (command: string) => `
set -e
disk="$0/disk"
mount -t tmpfs -o size=16m tmpfs "$disk"
cp "$0/study.json" "$disk/"
for room in ${rooms.join(" ")}; do
  free=$(df --output=avail -k "$disk" | tail -n 1)
  head -c $(( (free - room) * 1024 )) /dev/zero > "$disk/ballast"
  ended=0
  ${command} >> "$0/full.txt" || ended=$?
  [ $ended -eq 0 ] || [ $ended -eq 3 ] || exit $ended
  rm "$disk/ballast"
done
${command}
cp -r "$disk" "$0/copy"
`

export const fullDisk: FaultCase = {
  name: "the disk is full, again and again: refused in one sentence, and the same sweep goes on when there is space",
  skip: () => (namespace() === undefined ? "no file system can be mounted here (unshare, mount)" : undefined),
  run: (bench) =>
    inFolder(bench, async (folder) => {
      mkdirSync(join(folder, "disk"))
      const { backend } = bench
      const acknowledgements = acknowledgementsOf(folder)
      const command = driverCommand({ backend, folder: join(folder, "disk"), acknowledgements })
      const ended = await startCommand([...namespace()!, "sh", "-c", script(quoted(command)), folder]).ended
      const full = readFileSync(join(folder, "full.txt"), "utf8").split("\n")
      const errors = full.filter((line) => line.startsWith("error ")).map((line) => JSON.parse(line.slice(6)))
      ok(errors.length > 0, "the disk was never full")
      for (const { _tag, message } of errors) {
        match(_tag, /^(StoreError|BackendError)$/)
        match(message, /full|free space/)
      }
      expectFinished(ended)
      await verify(bench, join(folder, "copy"), acknowledged(folder))
    }),
}
