/** Sentences are for people and no test quotes them in full: text with a blank in it is not mutated. Codes, as `"edge-low"`, are. */
interface NodePath {
  isStringLiteral(): boolean
  isTemplateLiteral(): boolean
  readonly node: {
    readonly value?: string
    readonly quasis?: ReadonlyArray<{ readonly value: { readonly raw: string } }>
  }
}

const isSentence = (path: NodePath): boolean =>
  path.isStringLiteral()
    ? /\s/.test(path.node.value ?? "")
    : path.isTemplateLiteral() && (path.node.quasis ?? []).some(({ value }) => /\s/.test(value.raw))

export const strykerPlugins = [
  {
    kind: "Ignore",
    name: "sentences",
    value: { shouldIgnore: (path: NodePath) => (isSentence(path) ? "a sentence for people" : undefined) },
  },
]
