// A compiled training as plain data: what the TypeScript side hands over once (see src/plan.ts for the layout).
#pragma once
#include <cstdint>
#include <vector>

#include "kernels.h"

namespace tt {

// The order of `opKinds` in @ts/program; src/plan.ts numbers the kinds by it.
enum class Kind : int32_t {
  embed, norm, linear, gelu, rotary, qkNorm, attention, crossEntropy,
  embedBackward, normBackward, linearBackward, geluBackward, rotaryBackward, qkNormBackward, attentionBackward,
  crossEntropyBackward,
  globalNorm, adamw, sgd, signum, average,
};

enum class Storage : int32_t { parameter, gradient, state, activation };

struct Buffer {
  Storage storage;
  bool perToken;
  bool kept;        ///< an activation with memory of its own that survives the call
  int32_t width;    ///< numbers per token, or in the whole buffer
  int64_t offset;   ///< floats, in the lane's memory (kept or persistent) or in the workspace
};

struct Op {
  Kind kind;
  uint32_t accumulate;  ///< bit s: output slot s adds
  std::vector<int32_t> in, out, scalar;
  double attribute[2];
  std::vector<float> constants;  ///< ALiBi slopes; cosines and sines of the rotation
};

struct Program {
  std::vector<Buffer> buffers;
  std::vector<Op> grad, update, evaluate;
  std::vector<int32_t> stepScalars;
  std::vector<std::vector<int32_t>> averages;  ///< by average: parameter, state, parameter, state, ...
  int32_t scalarCount, norm;
  int32_t gradLoss, evaluateLoss;  ///< the loss lies elsewhere in each program
  int32_t sequence, blockSequences, microBatch, stride;
  int64_t parameterFloats;                 ///< parameters come first in a lane's memory
  int64_t gradientOffset, gradientFloats;  ///< gradients lie together, so that clearing is one pass
  int64_t laneFloats, workspaceFloats;

  int blockTokens() const { return blockSequences * sequence; }
};

}  // namespace tt
