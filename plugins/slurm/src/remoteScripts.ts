// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the shell writes ${...}, too
/** What runs on the login node, in POSIX sh: one script a round, however many files it is about. */
import type { Position } from "./host.ts"
import { quote, quoteAll } from "./quote.ts"

/** In place by renaming, once as many bytes have come as there should. */
const write = (files: ReadonlyArray<{ readonly path: string; readonly mode: number; readonly size: number }>): string =>
  [
    "set -e; umask 077",
    "put() {",
    '  folder=${1%/*}; draft=$folder/.$$.draft; mkdir -p -- "$folder"',
    "  trap 'rm -f -- \"$draft\"' EXIT",
    '  head -c "$3" > "$draft"',
    '  [ "$(wc -c < "$draft")" -eq "$3" ] || { echo "the connection was cut" >&2; exit 1; }',
    '  chmod "$2" "$draft"; mv -f -- "$draft" "$1"',
    "}",
    ...files.map(({ path, mode, size }) => `put ${quote(path)} ${mode.toString(8)} ${size}`),
  ].join("\n")

/**
 * Sizes come from one `stat`, and only what has grown is read. Files are told apart by their index: `stat` says nothing
 * of those that are not there, so each line of it has the name, which `awk` looks up.
 */
const readFrom = (positions: ReadonlyArray<Position>, maxBytes: number, seal: string): string =>
  [
    `set -- ${quoteAll(positions.map(({ path }) => path))}`,
    "known() { cat <<'END'",
    ...positions.map(({ path, offset }, index) => `${index} ${offset} ${path}`),
    "END",
    "}",
    'sizes() { for path; do printf "%s\\0" "$path"; done | xargs -0 stat -L -c "%s %n" -- 2>/dev/null; }',
    `{ known; echo; sizes "$@"; } | awk -v most=${maxBytes} '`,
    '  !sized && $0 == "" { sized = 1; next }',
    '  { first = $1; second = $2; rest = $0; sub(/^[0-9]+ /, "", rest) }',
    '  !sized { sub(/^[0-9]+ /, "", rest); index_of[rest] = first; offset[rest] = second; next }',
    "  rest in index_of && first > offset[rest] { grown[++n] = rest; size[rest] = first }",
    "  END {",
    "    share = n ? int(most / n) : 0; if (share < 4096) share = 4096",
    "    for (i = 1; i <= n; i++) {",
    "      more = size[grown[i]] - offset[grown[i]]; if (more > share) more = share",
    '      printf "%d %.0f %.0f\\n", index_of[grown[i]], offset[grown[i]] + 1, more',
    "    }",
    "  }' | while read -r index first more; do",
    '  eval "path=\\${$((index + 1))}"',
    '  printf "%s %s\\n" "$index" "$more"',
    '  tail -c "+$first" -- "$path" | head -c "$more"',
    `  printf "%s\\n" ${seal}`,
    "done",
    `echo end ${seal}`,
  ].join("\n")

/** Each name, and an empty one after each folder. */
const list = (folders: ReadonlyArray<string>): string =>
  [
    `for folder in ${quoteAll(folders)}; do`,
    '  for name in "$folder"/*; do if [ -e "$name" ] || [ -h "$name" ]; then printf "%s\\0" "${name##*/}"; fi; done',
    '  printf "\\0"',
    "done",
  ].join("\n")

export const Remote = { write, readFrom, list }
