/** A page in Chromium, watched for what it must not do. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Browser, type BrowserContext, chromium, type LaunchOptions, type Page } from "playwright-core"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/** A page that does not do its part within this much has failed, seconds; a busy machine is no fault. */
const PATIENCE = 120

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: ReadonlyArray<{ readonly html: string; readonly failureSummary: string }>
}

interface Verdict {
  readonly violations: ReadonlyArray<Violation>
  readonly passes: ReadonlyArray<unknown>
}

export interface Place {
  /** Its contexts are private windows: what they keep goes with them. */
  readonly browser: Browser
  /** For a browser of one's own. */
  readonly launch: LaunchOptions
  readonly url: string
  /** Where screenshots go. */
  readonly shots: string
}

export type Screen = "desktop" | "phone"

const screens = {
  desktop: { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, colorScheme: "dark" },
} as const

export class Visit {
  readonly context: BrowserContext
  readonly place: Place
  /** What went wrong without anybody asking. */
  readonly faults: Array<string> = []
  page: Page

  static async begin(place: Place, screen: Screen): Promise<Visit> {
    const context = await place.browser.newContext({ ...screens[screen], reducedMotion: "reduce" })
    context.setDefaultTimeout(1000 * PATIENCE)
    return new Visit(place, context, await context.newPage())
  }

  /** In a window that is not private, of a browser that may be started again. */
  static async inProfile(place: Place, profile: string, screen: Screen): Promise<Visit> {
    const context = await chromium.launchPersistentContext(profile, {
      ...place.launch,
      ...screens[screen],
      reducedMotion: "reduce",
    })
    context.setDefaultTimeout(1000 * PATIENCE)
    return new Visit(place, context, context.pages()[0] ?? (await context.newPage()))
  }

  constructor(place: Place, context: BrowserContext, page: Page) {
    this.place = place
    this.context = context
    this.page = this.watch(page)
    context.on("request", (request) => {
      if (!request.url().startsWith(place.url) && !/^(data|blob):/.test(request.url()))
        this.faults.push(`asked for ${request.url()}`)
    })
  }

  watch(page: Page): Page {
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.faults.push(`console: ${message.text()}`)
    })
    page.on("pageerror", (error) => this.faults.push(`threw: ${error.message}`))
    return page
  }

  async open(name = ""): Promise<void> {
    await this.page.goto(`${this.place.url}${name === "" ? "" : `#${name}`}`)
  }

  /** Waits until the page says so, and gives what it says. */
  async until(pattern: RegExp, selector = "#status", seconds = PATIENCE): Promise<string> {
    try {
      await this.page.waitForFunction(
        ([where, source]) => new RegExp(source!).test(document.querySelector(where!)?.textContent ?? ""),
        [selector, pattern.source],
        { timeout: 1000 * seconds, polling: 50 },
      )
    } catch {
      const said = await this.page.textContent(selector)
      const trouble = await this.page.textContent("#trouble")
      throw new Error(
        `after ${seconds} s ${selector} says "${said}", not ${pattern}${trouble ? `; trouble: ${trouble}` : ""}`,
      )
    }
    return (await this.page.textContent(selector)) ?? ""
  }

  async shot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(this.place.shots, `${name}.png`), fullPage: true })
  }

  /** What is wrong for those who cannot see, point, or tell colours apart: serious and critical faults by axe-core. */
  async accessible(state: string): Promise<void> {
    // Evaluated, not added as a script: the page's policy has none of others.
    await this.page.evaluate(axe)
    const { violations, passes } = await this.page.evaluate(() =>
      (globalThis as unknown as { axe: { run: () => Promise<Verdict> } }).axe.run(),
    )
    if (passes.length < 10) this.faults.push(`${state}: axe-core looked at ${passes.length} rules only`)
    for (const { id, impact, nodes } of violations)
      if (impact === "serious" || impact === "critical")
        this.faults.push(
          `${state}: ${id} (${impact}): ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`,
        )
  }

  /** What a click saves. */
  async download(selector: string): Promise<string> {
    const [download] = await Promise.all([this.page.waitForEvent("download"), this.page.click(selector)])
    return readFileSync(await download.path(), "utf8")
  }
}

/** A browser's profile with these preferences, gone at the end. */
export const withProfile = async <A>(preferences: object, use: (profile: string) => Promise<A>): Promise<A> => {
  const profile = mkdtempSync(join(tmpdir(), "time-transfer-profile-"))
  mkdirSync(join(profile, "Default"))
  writeFileSync(join(profile, "Default/Preferences"), JSON.stringify(preferences))
  try {
    return await use(profile)
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
