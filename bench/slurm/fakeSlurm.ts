/**
 * Slurm's commands without a Slurm: scripts that answer from a folder. `sbatch` writes down what it is given; `squeue` prints what those
 * who pretend to be the jobs have written. Every call is written down, too.
 *
 *     accepted/<id>    the script of a job array
 *     queue.<k>        lines of squeue, one file for each process of workers
 *     calls            one line a call
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { delimiter, join } from "node:path"

const partition = (cpus: number) =>
  `PartitionName=main Default=YES MaxTime=UNLIMITED State=UP TotalNodes=${cpus} TotalCPUs=${cpus}`

const scripts = (folder: string, cpus: number): Record<string, string> => ({
  sbatch: `n=$(cat ${folder}/n); echo $((n + 1)) > ${folder}/n
for script; do :; done
echo "$script" > ${folder}/accepted/.$n && mv ${folder}/accepted/.$n ${folder}/accepted/$n
echo $n`,
  squeue: `cat ${folder}/queue.* 2>/dev/null; true`,
  scontrol: `case "$*" in
  *config*) printf 'ClusterName = fake\\nMaxArraySize = 100001\\nMaxJobCount = 1000000\\nKillWait = 30 sec\\n' ;;
  *partition*) echo '${partition(cpus)}' ;;
  *) echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1 ;;
esac`,
  sacct: "exit 1",
  scancel: "exit 0",
  sinfo: "echo main",
})

/** Gives the PATH on which the commands are. */
export const fakeSlurm = (folder: string, cpus: number): string => {
  const bin = join(folder, "bin")
  mkdirSync(bin, { recursive: true })
  mkdirSync(join(folder, "accepted"))
  writeFileSync(join(folder, "n"), "1\n")
  writeFileSync(join(folder, "calls"), "")
  for (const [name, body] of Object.entries(scripts(folder, cpus))) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho ${name} >> ${folder}/calls\n${body}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  return `${bin}${delimiter}${process.env["PATH"]}`
}

/** Calls of each command so far. */
export const callsIn = (folder: string): Readonly<Record<string, number>> => {
  const calls: Record<string, number> = {}
  for (const name of readFileSync(join(folder, "calls"), "utf8").split("\n"))
    if (name !== "") calls[name] = (calls[name] ?? 0) + 1
  return calls
}
