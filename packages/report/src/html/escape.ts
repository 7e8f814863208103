const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

/** Text that cannot become markup, in content or in a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => entities[c])

/** Escaped text with `2^-8.8(1)` and `T^0.5` as raised exponents and proper minus signs. */
export const rich = (text: string): string =>
  escapeHtml(text)
    .replace(
      /(?<![A-Za-z0-9])(2|T)\^(-?\d+(?:\.\d+)?(?:\([\d?]+\))?)/g,
      (_, base: string, exponent: string) => `${base === "T" ? "<i>T</i>" : base}<sup>${minus(exponent)}</sup>`,
    )
    .replace(/ ?([±=≤≥…]) /g, (found, sign: string) =>
      found.startsWith(" ") ? `\u00a0${sign}\u00a0` : `${sign}\u00a0`,
    )
    .replace(/(?<=\d) %/g, "\u00a0%")
    .replace(/(?<=^|[\s(:,…≤≥±])-(?=\d)/g, "−")

const minus = (text: string): string => text.replace(/^-/, "−")
