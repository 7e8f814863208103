import type { OpKind } from "../Program.ts"
import { adamw } from "./adamw.ts"
import { attention, attentionBackward } from "./attention.ts"
import { average } from "./average.ts"
import { crossEntropy, crossEntropyBackward } from "./cross_entropy.ts"
import type { Definition } from "./Definition.ts"
import { embed, embedBackward } from "./embed.ts"
import { gelu, geluBackward } from "./gelu.ts"
import { globalNorm } from "./global_norm.ts"
import { linear, linearBackward } from "./linear.ts"
import { norm, normBackward } from "./norm.ts"
import { qkNorm, qkNormBackward } from "./qk_norm.ts"
import { rotary, rotaryBackward } from "./rotary.ts"
import { sgd } from "./sgd.ts"
import { signum } from "./signum.ts"

/** Every operation there is, by kind. */
export const definitions: Readonly<Record<OpKind, Definition>> = {
  embed,
  norm,
  linear,
  gelu,
  rotary,
  qk_norm: qkNorm,
  attention,
  cross_entropy: crossEntropy,
  embed_backward: embedBackward,
  norm_backward: normBackward,
  linear_backward: linearBackward,
  gelu_backward: geluBackward,
  rotary_backward: rotaryBackward,
  qk_norm_backward: qkNormBackward,
  attention_backward: attentionBackward,
  cross_entropy_backward: crossEntropyBackward,
  global_norm: globalNorm,
  adamw,
  sgd,
  signum,
  average,
}
