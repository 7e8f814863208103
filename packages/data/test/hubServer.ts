import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** A repository of the fake hub: its files by path. `listedBytes` lets a small file claim a large size in listings. */
export interface FakeRepo {
  readonly commit: string
  readonly branches: ReadonlyArray<string>
  readonly files: Readonly<Record<string, Uint8Array>>
  readonly listedBytes?: number
}

/** What to do to a request in place of the answer: a status, closing the connection, or half the body and then closing. */
export type Fault = number | "close" | "cut" | undefined

export interface FakeHub {
  readonly url: string
  /** `METHOD path` of every request so far. */
  readonly requests: Array<string>
  readonly authorizations: Array<string | undefined>
  /** `whole`: the request is for all of a file, not a range of it. */
  fault: (path: string, whole: boolean) => Fault
  readonly close: () => Promise<void>
}

const PAGE = 2

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers })
  response.end(JSON.stringify(body))
}

const missing = (response: ServerResponse, code: string, error: string): void =>
  json(response, 404, { error }, { "x-error-code": code })

const serveFile = (request: IncomingMessage, response: ServerResponse, content: Uint8Array, cut: boolean): void => {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "")
  const start = range === null ? 0 : Number(range[1])
  const end = range === null || range[2] === "" ? content.length : Math.min(content.length, Number(range[2]) + 1)
  const body = content.subarray(start, end)
  response.writeHead(range === null ? 200 : 206, {
    "content-length": body.length,
    etag: `"${content.length}"`,
    ...(range === null ? {} : { "content-range": `bytes ${start}-${end - 1}/${content.length}` }),
  })
  if (!cut || body.length < 2) response.end(body)
  else response.write(body.subarray(0, body.length / 2), () => request.socket.destroy())
}

/** A local server with the routes of the hub that reading a dataset or a model's file takes; listings come in pages. */
export const fakeHub = async (
  datasets: Readonly<Record<string, FakeRepo>>,
  models: Readonly<Record<string, FakeRepo>> = {},
): Promise<FakeHub> => {
  const server = createServer((request, response) => {
    const url = new URL(request.url!, "http://hub")
    const path = decodeURIComponent(url.pathname)
    hub.requests.push(`${request.method} ${path}`)
    hub.authorizations.push(request.headers.authorization)
    const fault = hub.fault(path, request.headers.range === undefined)
    if (fault === "close") return void request.socket.destroy()
    if (typeof fault === "number") return json(response, fault, { error: `fault ${fault}` })
    const known = (repo: FakeRepo | undefined, revision: string): repo is FakeRepo =>
      repo !== undefined && [repo.commit, "HEAD", ...repo.branches].includes(revision)

    const api = /^\/api\/datasets\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)(?:\/(.*))?$/.exec(path)
    if (api !== null) {
      const [, name, route, revision, folder] = api
      const repo = datasets[name!]
      if (!known(repo, revision!))
        return missing(response, "RevisionNotFound", "Invalid rev id or repository not found")
      if (route === "revision")
        return json(response, 200, { _id: "1", id: name, sha: repo.commit, lastModified: "2026-01-01" })
      const entries = Object.entries(repo.files)
        .filter(([file]) => folder === undefined || file.startsWith(`${folder}/`))
        .map(([file, content]) => ({ type: "file", path: file, size: repo.listedBytes ?? content.length, oid: "0" }))
      if (entries.length === 0 && folder !== undefined) return missing(response, "EntryNotFound", "no such folder")
      const from = Number(url.searchParams.get("cursor") ?? 0)
      url.searchParams.set("cursor", String(from + PAGE))
      const more = from + PAGE < entries.length
      return json(
        response,
        200,
        entries.slice(from, from + PAGE),
        more ? { link: `<${hub.url}${url.pathname}${url.search}>; rel="next"` } : {},
      )
    }
    const file = /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.*)$/.exec(path)
    if (file === null) return missing(response, "NotFound", "no such route")
    const repo = (file[1] === undefined ? models : datasets)[file[2]!]
    if (!known(repo, file[3]!)) return missing(response, "RepoNotFound", "Repository not found")
    const content = repo.files[file[4]!]
    if (content === undefined) return missing(response, "EntryNotFound", "Entry not found")
    serveFile(request, response, content, fault === "cut")
  })
  const hub: FakeHub = {
    url: "",
    requests: [],
    authorizations: [],
    fault: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  Object.assign(hub, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  return hub
}
