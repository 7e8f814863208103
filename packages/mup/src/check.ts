import { MupError } from "./MupError.ts"

/** A count of units, layers or vocabulary entries: a positive integer. */
export const checkSize = (field: string, value: unknown): number => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1) {
    throw new MupError(field, value, "is not a positive integer", "give a whole number of 1 or more")
  }
  return value
}

export const checkPositive = (field: string, value: unknown): number => {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) {
    throw new MupError(field, value, "is not a positive number", "give a finite number above 0")
  }
  return value
}

export const checkNonNegative = (field: string, value: unknown): number => {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    throw new MupError(field, value, "is not a number of 0 or more", "give a finite number, 0 or above")
  }
  return value
}

export const checkFinite = (field: string, value: unknown): number => {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new MupError(field, value, "is not a finite number", "give a finite number")
  }
  return value
}

export const checkOneOf = <const T extends string>(field: string, value: unknown, allowed: readonly T[]): T => {
  const found = allowed.find((candidate) => candidate === value)
  if (found === undefined) {
    throw new MupError(field, value, "is not known", `use one of ${allowed.map((a) => `"${a}"`).join(", ")}`)
  }
  return found
}

export const checkText = (field: string, value: unknown): string => {
  if (typeof value !== "string" || value === "") {
    throw new MupError(field, value, "is not a name", "give a non-empty text")
  }
  return value
}

export const checkFlag = (field: string, value: unknown): boolean => {
  if (typeof value !== "boolean") throw new MupError(field, value, "is not true or false", "give true or false")
  return value
}
