import { DataError, dataError } from "../DataError.ts"

const failed = (message: string): DataError => new DataError({ reason: "HubFailed", message, retryable: true })

/** The code of a network failure (`ECONNREFUSED`, ...), which `fetch` hides in the cause. */
const networkCode = (cause: unknown): string | undefined => {
  if (!(cause instanceof Error)) return undefined
  const code = (cause as NodeJS.ErrnoException).code
  return typeof code === "string" ? code : networkCode(cause.cause)
}

/** What asking the hub at `host` for `what` threw, as a `DataError`. Never quotes a header, so never a token. */
export const hubError = (cause: unknown, what: string, host: string): DataError => {
  if (cause instanceof DataError) return cause
  const status = (cause as { statusCode?: unknown } | null)?.statusCode
  if (status === 401 || status === 403)
    return dataError(
      "Unauthorized",
      `The hub at ${host} refuses ${what} (${status}): it is gated, private or misspelt; accept its terms on its page and set HF_TOKEN to a token that may read it.`,
    )
  if (status === 404) return dataError("NotFound", `The hub at ${host} has no ${what} (404): check its name.`)
  if (typeof status === "number") {
    const message = `The hub at ${host} answered ${status} for ${what}: try again later.`
    return status === 429 || status >= 500 ? failed(message) : dataError("HubFailed", message)
  }
  if (cause instanceof TypeError && cause.message.startsWith("Your access token"))
    return dataError(
      "Unauthorized",
      `HF_TOKEN is not an access token of the hub (they start with "hf_"): correct or unset it.`,
    )
  const code = networkCode(cause)
  if (code?.startsWith("Z_") === true || code?.startsWith("ZSTD_") === true)
    return dataError(
      "TruncatedFile",
      `The hub's copy of ${what} is cut short or damaged (${code}): name other files, or another revision.`,
    )
  if (code !== undefined || (cause instanceof TypeError && /fetch failed|terminated/.test(cause.message)))
    return new DataError({
      reason: "HubUnreachable",
      message: `Cannot reach the hub at ${host} for ${what} (${code ?? "no answer"}): check the network and HF_ENDPOINT; corpora prepared before need no network.`,
      retryable: true,
    })
  const message = `The hub at ${host} failed for ${what}: ${cause instanceof Error ? cause.message : String(cause)}.`
  // The client passes a failure in the middle of a stream on as a string.
  return typeof cause === "string" ? failed(message) : dataError("HubFailed", message)
}
