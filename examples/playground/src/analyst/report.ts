/** Drawing for paper takes more code than the rest of the analyst: a file of its own, for when it is asked for. */
export { htmlReport } from "@ts/report"
