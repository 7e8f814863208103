// Runs programs for one lane on one thread.
#pragma once
#include "memory.h"
#include "program.h"

namespace tt {

/// What a lane owns: parameters, gradients and state, then the activations that are kept.
struct Lane {
  Floats memory;
  std::vector<double> scalars;
  std::vector<int> keptTokens;  ///< by buffer: tokens of the last call that wrote it
};

/// What a thread owns while it works on a lane: one block's activations and scratch.
struct Workspace {
  Floats activations, scratch, averaged;
  std::vector<int> ids, targets;
};

Workspace makeWorkspace(const Program&);
long scratchFloats(const Program&);

class Executor {
 public:
  Executor(const Kernels& kernels, const Program& program, Lane& lane, Workspace& workspace)
      : kernels_(kernels), program_(program), lane_(lane), workspace_(workspace) {}

  /// Adds the gradient of the summed token losses; `losses` gets one sum per sequence.
  void grad(const int* tokens, int sequences, double* losses) {
    forEachBlock(program_.grad, program_.gradLoss, tokens, sequences, losses);
  }
  /// `average` < 0: the weights themselves.
  void evaluate(const int* tokens, int sequences, int average, double correction, double* losses);
  /// Returns the gradient's norm before the clip.
  double update(const double* stepScalars);
  /// Returns the norm of the summed gradient and clears it.
  double measure();

 private:
  void forEachBlock(const std::vector<Op>& ops, int loss, const int* tokens, int sequences, double* losses);
  void token(const Op& op, const Block& block, int index);
  void optimise(const Op& op);
  float* at(int buffer, int index) const;
  double norm(const Op& op, double scale) const;
  double scalar(int index) const { return lane_.scalars[index]; }

  const Kernels& kernels_;
  const Program& program_;
  Lane& lane_;
  Workspace& workspace_;
  bool useAverage_ = false;
};

}  // namespace tt
