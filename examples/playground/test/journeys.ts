/** What people do on the page, each to its end; all throw where the page does not do its part. */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Row } from "@ts/fit"
import { chromium } from "playwright-core"
import { initialChoice, nameOf } from "../src/studies/Choice.ts"
import type { PresetId } from "../src/studies/Preset.ts"
import { installedSite } from "./buildSite.ts"
import { rowsInNode } from "./inNode.ts"
import { serve } from "./serve.ts"
import { type Place, Visit, withProfile } from "./Visit.ts"

const order = (rows: ReadonlyArray<Row>) => {
  const plain = JSON.parse(JSON.stringify(rows)) as ReadonlyArray<Row>
  const key = ({ runId, tokens, average }: Row) => `${runId} ${String(tokens).padStart(20)} ${average}`
  return [...plain].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** The rows that the page exports are those of Node, to the last bit. */
const sameRows = async (visit: Visit, preset: PresetId) => {
  const page = JSON.parse(await visit.download('[data-export="json"]')) as ReadonlyArray<Row>
  assert.deepEqual(order(page), order(await rowsInNode(initialChoice(preset))))
}

const done = (status: string): number => Number(/(\d+) of \d+ runs/.exec(status)?.[1])

/** Starts a study, watches it, reloads in the middle, goes on, asks, and takes everything home. */
export const newcomer = async (place: Place) => {
  const visit = await Visit.begin(place, "desktop")
  const { page } = visit
  await visit.open()
  await visit.until(/49 runs to train/)
  await visit.accessible("empty")
  await visit.shot("desktop-empty")
  await page.click("#go")
  await visit.until(/([89]|1\d) of 49 runs done/)
  await visit.shot("desktop-running")
  await visit.accessible("running")

  const before = done((await page.textContent("#status"))!)
  await page.reload()
  const after = done(await visit.until(/Paused: \d+ of 49/))
  assert.ok(after >= before, `${before} runs were done before the reload, ${after} after it`)
  await visit.accessible("paused")

  const second = visit.watch(await visit.context.newPage())
  const other = new Visit(place, visit.context, second)
  await other.open()
  await other.until(/open in another tab/, "#trouble")
  await other.accessible("refused")
  await other.shot("desktop-refused")
  assert.equal(await second.textContent("#go"), "Try again")
  await second.close()

  await page.uncheck("#pace")
  await page.click("#go")
  await visit.until(/Finished: 49 of 49/)
  await visit.until(/Learning rate/, "#answer")
  await visit.accessible("finished")
  const asked = await page.textContent("#answer")
  await page.focus("#horizon")
  for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowRight")
  await page.waitForFunction((text) => document.querySelector("#answer")?.textContent !== text, asked)
  await page.check("#bell .check input")
  await page.click("#bell summary")
  await visit.shot("desktop-finished")
  await sameRows(visit, "declared-law")
  const report = await visit.download('[data-export="report"]')
  assert.match(report, /^<!doctype html>[\s\S]*SYNTHETIC[\s\S]*<\/html>\s*$/)
  const csv = (await visit.download('[data-export="csv"]')).trim().split("\n")
  assert.equal(csv.length, 1 + 49 * 5)
  return visit
}

/** Reloaded at instants of chance, the study loses nothing it told, and ends with the numbers of one that went through. */
export const reloads = async (place: Place) => {
  const visit = await Visit.begin(place, "desktop")
  const { page } = visit
  await visit.open()
  let told = 0
  const goOn = async () => {
    await page.uncheck("#pace")
    await page.click("#go")
  }
  const standing = /49 runs to train|Paused|Finished/
  let status = await visit.until(standing)
  for (let k = 0; k < 5 && !/Finished/.test(status); k++) {
    await goOn()
    await page.waitForTimeout(1000 * Math.random())
    told = done((await page.textContent("#status"))!) || told
    await page.reload()
    status = await visit.until(standing)
    const kept = done(status) || 0
    assert.ok(kept >= told, `${told} runs were told, and ${kept} are kept`)
    told = kept
  }
  if (!/Finished/.test(status)) await goOn()
  await visit.until(/Finished/)
  await visit.until(/Learning rate/, "#answer")
  await sameRows(visit, "declared-law")
  return visit
}

/** What a newcomer does, by keys alone, on a phone's screen. */
export const byKeys = async (place: Place) => {
  const visit = await Visit.begin(place, "phone")
  const { page } = visit
  await visit.open()
  await visit.until(/49 runs to train/)
  const tabTo = async (selector: string) => {
    for (let i = 0; i < 40; i++) {
      if (await page.evaluate((where) => document.activeElement?.matches(where) === true, selector)) return
      await page.keyboard.press("Tab")
    }
    throw new Error(`no way by keys to ${selector}`)
  }
  await tabTo('[name="preset"]')
  await page.keyboard.press("ArrowDown")
  await visit.until(/55 runs to train/)
  await tabTo("#pace")
  await page.keyboard.press("Space")
  await tabTo("#go")
  await page.keyboard.press("Enter")
  await visit.until(/Finished: 55 of 55/)
  await tabTo("#horizon")
  const asked = await page.textContent("#answer")
  await page.keyboard.press("PageUp")
  await page.waitForFunction((text) => document.querySelector("#answer")?.textContent !== text, asked)
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  assert.ok(overflow <= 0, `the page is ${overflow} pixels wider than a phone`)
  await visit.accessible("finished, on a phone, dark")
  await visit.shot("phone-finished")
  await sameRows(visit, "least-squares")
  return visit
}

/** A transformer trains in the tab, stops at a step when asked to, and goes on from there after the tab was closed. */
export const training = async (place: Place) => {
  const visit = await Visit.begin(place, "phone")
  await visit.open(nameOf(initialChoice("transformer")))
  await visit.until(/25 runs to train/)
  await visit.page.click("#go")
  await visit.until(/reference device/, "#device")
  await visit.page.waitForSelector(".trace")
  await visit.page.waitForSelector(".speck")
  await visit.shot("phone-training")
  await visit.page.click("#go")
  await visit.until(/^Paused/)
  await visit.page.close()
  visit.page = visit.watch(await visit.context.newPage())
  await visit.open(nameOf(initialChoice("transformer")))
  await visit.until(/^Paused/)
  return visit
}

/** Whether there is WebGPU, of whatever kind. */
const hasWebGpu = async ({ page }: Visit, journey: string): Promise<boolean> => {
  if (await page.isVisible("#accelerate-row")) return true
  const why = `no WebGPU here: ${await page.textContent("#device")}`
  if (process.env["CI"]) throw new Error(why)
  console.log(`skip the rest of ${journey}: ${why}`)
  return false
}

/** A transformer on WebGPU to its end, with a reload on the way; here by an adapter in software, which the page takes only when told to. */
export const onWebGpu = async (place: Place) => {
  const visit = await Visit.begin(place, "desktop")
  const { page } = visit
  await visit.open("transformer?longest=13")
  await visit.until(/25 runs to train/)
  if (!(await hasWebGpu(visit, "onWebGpu"))) return visit
  await page.check("#accelerate")
  await visit.until(/^Computed by WebGPU/, "#device")
  await visit.until(/25 runs to train, about .* on this machine/)
  await page.click("#go")
  await page.waitForSelector(".trace")
  await visit.shot("desktop-webgpu")
  await page.waitForSelector(".speck")
  await page.reload()
  await visit.until(/Paused: \d+ of 25/)
  await visit.until(/^Computed by WebGPU/, "#device")
  await page.click("#go")
  // A processor that plays the graphics card has its own work to do.
  await visit.until(/Finished: 25 of 25/, "#status", 400)
  await visit.until(/best learning rate/i, "#bell")
  await page.waitForSelector("#findings:not([hidden]) dd")
  await visit.accessible("finished on WebGPU")
  await visit.shot("desktop-webgpu-finished")
  const rows = JSON.parse(await visit.download('[data-export="json"]')) as ReadonlyArray<Row>
  assert.equal(rows.length, 25 * 5)
  for (const { provenance, loss } of rows) {
    assert.equal(provenance.backend, "webgpu")
    assert.ok(loss > 2 && loss < Math.log(32) + 0.2, `a loss of ${loss}`)
  }
  assert.match(await visit.download('[data-export="report"]'), /^<!doctype html>[\s\S]*<\/html>\s*$/)
  return visit
}

/** Prose of this repository, as somebody's own. */
const prose = ["README.md", "ARCHITECTURE.md", "packages/sweep/README.md", "packages/fit/README.md"].map((name) =>
  readFileSync(join(import.meta.dirname, "../../..", name), "utf8"),
)
const fileOf = (name: string, content: string) => ({ name, mimeType: "text/plain", buffer: Buffer.from(content) })
const [mine, another] = [
  fileOf("my words.txt", prose.join("\n\n")),
  fileOf("other words.txt", `${prose.join("\n\n")} And more.`),
]

const drop = ({ page }: Visit, { name, buffer }: ReturnType<typeof fileOf>) =>
  page.evaluate(
    ([called, content]) => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([content!], called!))
      document.querySelector("#own-text")!.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }))
    },
    [name, buffer.toString()],
  )

/** A text of one's own: chosen, learned, kept while the browser is away, asked for where it is not, and never another in its place. */
export const ownText = (place: Place) =>
  withProfile({}, async (profile) => {
    const before = await Visit.inProfile(place, profile, "desktop")
    await before.open("own-text")
    await before.until(/^Choose a text/)
    await before.accessible("no text yet")
    await before.page.setInputFiles("#text-file", fileOf("few words.txt", "Too few."))
    await before.until(/too little to learn from/, "#text-said")
    await before.accessible("a text refused")
    await before.shot("desktop-own-text")
    await before.page.setInputFiles("#text-file", mine)
    await before.until(/25 runs to train, about .* on this machine/)
    const address = before.page.url()
    assert.match(address, /#own-text\?longest=\d+&sha256=[0-9a-f]{64}&name=my\+words\.txt/)
    await before.page.click("#go")
    await before.page.waitForSelector(".speck")
    await before.accessible("a text being learned")
    await before.page.click("#go")
    await before.until(/^Paused/)
    await before.context.close()

    const visit = await Visit.inProfile(place, profile, "desktop")
    await visit.page.goto(address)
    await visit.until(/^Paused/)
    assert.equal(await visit.page.textContent("#text-named").then((text) => text?.split(",")[0]), "my words.txt")
    await visit.page.click("#go")
    await visit.until(/runs done, about/)
    await visit.page.click("#go")
    await visit.until(/^Paused/)
    const rows = JSON.parse(await visit.download('[data-export="json"]')) as ReadonlyArray<Row>
    for (const { loss } of rows) assert.ok(loss > 1 && loss < Math.log(272) + 0.2, `a loss of ${loss}`)

    const elsewhere = await Visit.begin(place, "phone")
    await elsewhere.page.goto(address)
    await elsewhere.until(/"my words\.txt", which is not in this browser/, "#trouble")
    await elsewhere.accessible("the text is missing")
    await elsewhere.shot("phone-text-missing")
    await elsewhere.page.setInputFiles("#text-file", another)
    await elsewhere.until(/is not the text that this study is of/, "#text-said")
    await elsewhere.page.setInputFiles("#text-file", mine)
    await elsewhere.until(/25 runs to train/)
    await drop(elsewhere, another)
    await elsewhere.until(/^other words\.txt/, "#text-named")
    await elsewhere.until(/25 runs to train/)
    assert.notEqual(elsewhere.page.url(), address)
    visit.faults.push(...before.faults, ...elsewhere.faults)
    await elsewhere.context.close()
    return visit
  })

/** The packages as a user installs them: the store and the data of a page are those of their built files. */
export const installed = async (place: Place) => {
  const server = await serve(await installedSite())
  try {
    const visit = await Visit.begin({ ...place, url: server.url }, "desktop")
    const { page } = visit
    await visit.open()
    await visit.until(/49 runs to train/)
    await page.uncheck("#pace")
    await page.click("#go")
    await visit.until(/[1-9]\d* of 49 runs done/)
    await page.reload()
    await visit.until(/Paused|Finished/)
    if (/Paused/.test((await page.textContent("#status"))!)) await page.click("#go")
    await visit.until(/Finished: 49 of 49/)
    await visit.until(/Learning rate/, "#answer")
    await sameRows(visit, "declared-law")
    await visit.open("own-text")
    await visit.until(/^Choose a text/)
    await page.fill("#text-paste", prose.join("\n\n"))
    await page.press("#text-paste", "Tab")
    await visit.until(/25 runs to train, about .* on this machine/)
    return visit
  } finally {
    server.close()
  }
}

/** How much the browser lets the page keep, bytes; without a number as much as it likes. */
const allowance = async (visit: Visit) => {
  const devtools = await visit.context.newCDPSession(visit.page)
  const origin = visit.place.url.replace(/\/$/, "")
  return (quotaSize?: number) =>
    devtools.send("Storage.overrideQuotaForOrigin", { origin, ...(quotaSize === undefined ? {} : { quotaSize }) })
}

/** The browser keeps nothing: the page says so, and offers to run all the same. */
export const noStorage = async (place: Place) => {
  const visit = await Visit.begin(place, "desktop")
  const allow = await allowance(visit)
  await allow(1)
  await visit.open()
  await visit.until(/the browser keeps nothing for this page/, "#trouble")
  await visit.accessible("no storage")
  await visit.shot("desktop-no-storage")
  await visit.page.uncheck("#pace")
  await visit.page.click("#unkept")
  await visit.until(/49 runs to train\. Nothing is kept/)
  await visit.page.click("#go")
  await visit.until(/Finished: 49 of 49 runs done\. Nothing is kept/)
  await sameRows(visit, "declared-law")
  return visit
}

/** Whoever forbids sites to keep anything is told so, and runs all the same. */
export const siteDataBlocked = (place: Place) =>
  withProfile({ profile: { default_content_setting_values: { cookies: 2 } } }, async (profile) => {
    const visit = await Visit.inProfile(place, profile, "desktop")
    await visit.open()
    await visit.until(/the browser keeps nothing for this page/, "#trouble")
    await visit.page.uncheck("#pace")
    await visit.page.click("#unkept")
    await visit.until(/49 runs to train\. Nothing is kept/)
    await visit.page.click("#go")
    await visit.until(/Finished: 49 of 49 runs done\. Nothing is kept/)
    return visit
  })

/** So is whoever has the page from an address that browsers do not trust. */
export const insecure = async (place: Place) => {
  const args = [...(place.launch.args ?? []), "--host-resolver-rules=MAP playground.test 127.0.0.1"]
  const browser = await chromium.launch({ ...place.launch, args })
  const visit = await Visit.begin(
    { ...place, browser, url: place.url.replace("127.0.0.1", "playground.test") },
    "desktop",
  )
  visit.context.on("close", () => void browser.close())
  await visit.open()
  await visit.until(/a page has storage only when it came over HTTPS/, "#trouble")
  await visit.open("own-text")
  await visit.until(/^Choose a text/)
  await visit.until(/Without WebGPU .* need no graphics card/, "#text-slow")
  await visit.page.setInputFiles("#text-file", mine)
  await visit.until(/on pages that came over HTTPS/, "#text-said")
  await visit.accessible("a text, and no WebGPU")
  await visit.shot("desktop-no-webgpu")
  return visit
}

/** The browser gives too little room: the page says what to do, and goes on when there is more. */
export const fullStorage = async (place: Place) => {
  const visit = await Visit.begin(place, "desktop")
  const { page } = visit
  const allow = await allowance(visit)
  await visit.open()
  await visit.until(/49 runs to train/)
  await page.click("#go")
  await visit.until(/[2-9] of 49 runs done/)
  await allow(1)
  await visit.until(/The browser stores no more/, "#trouble")
  const safe = done((await page.textContent("#status"))!)
  await visit.accessible("failed")
  await visit.shot("desktop-full")
  await allow()
  await page.click("#go")
  await visit.until(/Paused|runs done/)
  const now = done((await page.textContent("#status"))!)
  assert.ok(now >= safe, `${safe} runs were safe, and ${now} are there`)
  return visit
}
