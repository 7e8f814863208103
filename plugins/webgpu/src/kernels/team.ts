/**
 * A row worked on by a team: the invocations of a workgroup that add up over workgroup memory, always in the same
 * order, within subgroups first where there are any; or one invocation alone where barriers cost more than they gain.
 */
import { type CallSize, type Grid, groups, type Setting, threads, WORKGROUP } from "./kernel.ts"

export interface Team {
  /** `teamSum` and `teamMax`. */
  readonly outside: string
  /** Defines `row`, below `count` (WGSL), and `me`; members take the columns `me`, `me + step`, ... */
  readonly begin: (count: string) => string
  readonly step: string
  readonly grid: (count: (size: CallSize) => number) => Grid
}

const together: Team = {
  outside: `
var<workgroup> board: array<f32, ${WORKGROUP}>;
fn teamSum(me: u32, x: f32) -> f32 {
  workgroupBarrier();
  board[me] = x;
  workgroupBarrier();
  for (var half = ${WORKGROUP / 2}u; half > 0u; half >>= 1u) {
    if (me < half) { board[me] += board[me + half]; }
    workgroupBarrier();
  }
  return board[0];
}
fn teamMax(me: u32, x: f32) -> f32 {
  workgroupBarrier();
  board[me] = x;
  workgroupBarrier();
  for (var half = ${WORKGROUP / 2}u; half > 0u; half >>= 1u) {
    if (me < half) { board[me] = max(board[me], board[me + half]); }
    workgroupBarrier();
  }
  return board[0];
}`,
  begin: (count) => `
  let row = group;
  let me = local;
  if (row >= ${count}) { return; }`,
  step: `${WORKGROUP}u`,
  grid: groups,
}

/**
 * Two barriers instead of a dozen. Which invocations form a subgroup, and how many, the text does not ask: each subgroup leaves its
 * result at the place of one of its members, and each adds up all places.
 */
const bySubgroups: Team = {
  ...together,
  outside: `
var<workgroup> board: array<f32, ${WORKGROUP}>;
var<private> member: u32;
var<private> members: u32;
fn teamSum(me: u32, x: f32) -> f32 {
  let part = subgroupAdd(x);
  workgroupBarrier();
  board[me] = select(0.0f, part, subgroupElect());
  workgroupBarrier();
  var sum = 0.0f;
  for (var i = member; i < ${WORKGROUP}u; i += members) { sum += board[i]; }
  return subgroupAdd(sum);
}
fn teamMax(me: u32, x: f32) -> f32 {
  let part = subgroupMax(x);
  workgroupBarrier();
  board[me] = part;
  workgroupBarrier();
  var most = part;
  for (var i = member; i < ${WORKGROUP}u; i += members) { most = max(most, board[i]); }
  return subgroupMax(most);
}`,
  begin: (count) => `
  member = subgroupMember;
  members = subgroupMembers;${together.begin(count)}`,
}

const alone: Team = {
  outside: `
fn teamSum(me: u32, x: f32) -> f32 { return x; }
fn teamMax(me: u32, x: f32) -> f32 { return x; }`,
  begin: (count) => `
  let row = thread;
  let me = 0u;
  if (row >= ${count}) { return; }`,
  step: "1u",
  grid: threads,
}

export const teamOf = ({ kernels }: Setting): Team =>
  kernels === "subgroups" ? bySubgroups : kernels === "cooperative" ? together : alone
