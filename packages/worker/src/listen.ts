/** A driver's side: bytes into messages. */
import { Schema } from "effect"
import { Message } from "./protocol.ts"

/** A line longer than this is none of a worker's. */
const LONGEST = 2 ** 20

/** What came is not what a worker says. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError"
}

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Message))

const excerpt = (line: string): string => JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}…` : line)

export interface Listener {
  /** Messages that are whole by now. @throws {ProtocolError} */
  readonly hear: (bytes: Uint8Array) => ReadonlyArray<Message>
  /** Bytes of messages heard, without those of a line that is not whole yet. */
  readonly position: () => number
}

/** For one output from its beginning. A last line without its end is never heard. */
export const makeListener = (): Listener => {
  const text = new TextDecoder("utf-8", { fatal: true })
  let pending = new Uint8Array(0)
  let position = 0
  let seq = 0
  const messageOf = (line: string): Message => {
    let message: Message
    try {
      message = decode(line)
    } catch (cause) {
      throw new ProtocolError(
        `line ${seq + 1} is no message of a worker: ${excerpt(line)} (${(cause as Error).message})`,
      )
    }
    if (message.seq !== seq + 1)
      throw new ProtocolError(`message ${message.seq} follows message ${seq}: some are missing`)
    seq = message.seq
    return message
  }
  return {
    hear: (bytes) => {
      const joined = new Uint8Array(pending.length + bytes.length)
      joined.set(pending)
      joined.set(bytes, pending.length)
      const messages: Array<Message> = []
      let from = 0
      for (let end = joined.indexOf(10, pending.length); end >= 0; end = joined.indexOf(10, from)) {
        let line: string
        try {
          line = text.decode(joined.subarray(from, end))
        } catch {
          throw new ProtocolError(`line ${seq + 1} is not UTF-8`)
        }
        messages.push(messageOf(line))
        from = end + 1
      }
      position += from
      pending = joined.slice(from)
      if (pending.length > LONGEST) throw new ProtocolError(`line ${seq + 1} is longer than ${LONGEST} bytes`)
      return messages
    },
    position: () => position,
  }
}
