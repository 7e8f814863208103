#include "executor.h"

#include <algorithm>
#include <cmath>

namespace tt {

namespace {

Block blockOf(const Program& program, int tokens) {
  return {tokens, padded(tokens), program.stride, program.sequence};
}

int width(const Program& program, int buffer) { return program.buffers[buffer].width; }

}  // namespace

long scratchFloats(const Program& program) {
  const Block block = blockOf(program, program.blockTokens());
  long most = 0;
  for (const auto* ops : {&program.grad, &program.evaluate})
    for (const Op& op : *ops) {
      long need = 0;
      switch (op.kind) {
        case Kind::embed: need = embedScratch(width(program, op.out[0])); break;
        case Kind::embedBackward: need = embedScratch(width(program, op.in[0])); break;
        case Kind::normBackward: need = normScratch(width(program, op.in[0])); break;
        case Kind::qkNormBackward: need = normScratch(width(program, op.in[0]) / 3); break;
        case Kind::linearBackward: need = linearScratch(block, width(program, op.in[0])); break;
        case Kind::attention:
        case Kind::attentionBackward:
          need = attentionScratch(block, width(program, op.in[0]) / (op.kind == Kind::attention ? 3 : 1), int(op.attribute[0]));
          break;
        default: break;
      }
      most = std::max(most, need);
    }
  return most + kAlign;
}

Workspace makeWorkspace(const Program& program) {
  const size_t averaged = program.averages.empty() ? 0 : size_t(program.parameterFloats);
  return {Floats(size_t(program.workspaceFloats) + kAlign), Floats(size_t(scratchFloats(program))), Floats(averaged),
          std::vector<int>(size_t(program.blockTokens())), std::vector<int>(size_t(program.blockTokens()))};
}

/// Memory of a buffer; of a kept activation, that of block `index`.
float* Executor::at(int buffer, int index) const {
  if (buffer < 0) return nullptr;
  const Buffer& b = program_.buffers[buffer];
  if (b.storage != Storage::activation) {
    const bool averaged = useAverage_ && b.storage == Storage::parameter;
    return (averaged ? workspace_.averaged.data() : lane_.memory.data()) + b.offset;
  }
  if (b.kept) return lane_.memory.data() + b.offset + int64_t(index) * b.width * program_.stride;
  return workspace_.activations.data() + b.offset;
}

void Executor::forEachBlock(const std::vector<Op>& ops, int loss, const int* tokens, int sequences, double* losses) {
  const int S = program_.sequence;
  int index = 0;
  for (int first = 0; first < sequences; first += program_.blockSequences, index++) {
    const int here = std::min(program_.blockSequences, sequences - first);
    for (int s = 0; s < here; s++) {
      const int* row = tokens + int64_t(first + s) * (S + 1);
      std::copy(row, row + S, workspace_.ids.begin() + s * S);
      std::copy(row + 1, row + S + 1, workspace_.targets.begin() + s * S);
    }
    const Block block = blockOf(program_, here * S);
    for (const Op& op : ops) token(op, block, index);
    const float* perToken = at(loss, index);
    for (int s = 0; s < here; s++) {
      double sum = 0;
      for (int t = 0; t < S; t++) sum += double(perToken[s * S + t]);
      losses[first + s] = sum;
    }
  }
  for (const Op& op : ops)
    for (int buffer : op.out)
      if (buffer >= 0 && program_.buffers[buffer].kept) lane_.keptTokens[buffer] = sequences * S;
}

void Executor::token(const Op& op, const Block& block, int index) {
  const auto in = [&](int slot) { return at(op.in[slot], index); };
  const auto out = [&](int slot) { return at(op.out[slot], index); };
  const auto adds = [&](int slot) { return (op.accumulate >> slot & 1) != 0; };
  const auto scale = [&] { return op.scalar[0] < 0 ? 1.f : float(scalar(op.scalar[0])); };
  const auto wide = [&](int buffer) { return width(program_, buffer); };
  const int heads = int(op.attribute[0]);
  const float eps = float(op.attribute[0]);
  float* const scratch = workspace_.scratch.data();
  const int* const ids = workspace_.ids.data();
  const int* const targets = workspace_.targets.data();
  const int64_t stride = block.stride;
  const Kernels& k = kernels_;

  switch (op.kind) {
    case Kind::embed:
      return k.embed(block, ids, wide(op.out[0]), scale(), in(0), in(1), out(0), scratch);
    case Kind::embedBackward:
      return k.embedBackward(block, ids, wide(op.in[0]), scale(), in(0), out(0), out(1), scratch);
    case Kind::norm:
      return k.norm(block, wide(op.in[0]), eps, in(0), in(1), in(2), out(0), out(1));
    case Kind::normBackward:
      return k.normBackward(block, wide(op.in[0]), in(0), in(1), in(2), in(3), out(0), adds(0), out(1), out(2), scratch);
    case Kind::linear:
      return k.linear(block, wide(op.in[0]), wide(op.out[0]), scale(), in(0), in(1), in(2), in(3), out(0));
    case Kind::linearBackward:
      return k.linearBackward(block, wide(op.in[1]), wide(op.in[0]), scale(), in(0), in(1), in(2), out(0), adds(0),
                              out(1), out(2), scratch);
    case Kind::gelu:
      return k.gelu(block, wide(op.in[0]), in(0), out(0));
    case Kind::geluBackward:
      return k.geluBackward(block, wide(op.in[0]), in(0), in(1), out(0), adds(0));
    case Kind::rotary:
    case Kind::rotaryBackward: {
      const float* cosine = op.constants.data();
      return k.rotate(block, wide(op.in[0]) / 3, heads, cosine, cosine + op.constants.size() / 2,
                      op.kind == Kind::rotaryBackward, in(0), out(0), adds(0));
    }
    case Kind::qkNorm: {
      const int d = wide(op.in[0]) / 3;
      const int64_t third = d * stride;
      k.norm(block, d, eps, in(0), in(1), in(2), out(0), out(1));
      k.norm(block, d, eps, in(0) + third, in(3), in(4), out(0) + third, out(1) + 2 * stride);
      return k.copy(block, d, in(0) + 2 * third, out(0) + 2 * third, false);
    }
    case Kind::qkNormBackward: {
      const int d = wide(op.in[0]) / 3;
      const int64_t third = d * stride;
      k.normBackward(block, d, in(0), in(1), in(2), in(3), out(0), adds(0), out(1), out(2), scratch);
      k.normBackward(block, d, in(0) + third, in(1) + third, in(2) + 2 * stride, in(4), out(0) + third, adds(0), out(3),
                     out(4), scratch);
      return k.copy(block, d, in(0) + 2 * third, out(0) + 2 * third, adds(0));
    }
    case Kind::attention:
      return k.attention(block, wide(op.out[0]), heads, op.constants.empty() ? nullptr : op.constants.data(), scale(),
                         in(0), out(0), out(1), scratch);
    case Kind::attentionBackward:
      return k.attentionBackward(block, wide(op.in[0]), heads, op.constants.empty() ? nullptr : op.constants.data(),
                                 scale(), in(0), in(1), in(2), in(3), out(0), adds(0), scratch);
    case Kind::crossEntropy:
      return k.crossEntropy(block, wide(op.in[0]), targets, in(0), out(0), out(1));
    case Kind::crossEntropyBackward:
      return k.crossEntropyBackward(block, wide(op.in[0]), targets, in(0), in(1), out(0), adds(0));
    default:
      return;  // the update's operations never stand here: src/plan.ts sees to it
  }
}

void Executor::evaluate(const int* tokens, int sequences, int average, double correction, double* losses) {
  if (average >= 0) {
    float* averaged = workspace_.averaged.data();
    std::copy_n(lane_.memory.data(), program_.parameterFloats, averaged);
    const auto& pairs = program_.averages[average];
    for (size_t i = 0; i < pairs.size(); i += 2) {
      const Buffer& parameter = program_.buffers[pairs[i]];
      kernels_.correct(correction, parameter.width, at(pairs[i + 1], 0), averaged + parameter.offset);
    }
  }
  useAverage_ = average >= 0;
  forEachBlock(program_.evaluate, program_.evaluateLoss, tokens, sequences, losses);
  useAverage_ = false;
}

double Executor::norm(const Op& op, double scale) const {
  double total = 0;
  for (int gradient : op.in) total += kernels_.squares(at(gradient, 0), padded(width(program_, gradient)));
  return std::abs(scale) * std::sqrt(total);
}

double Executor::update(const double* stepScalars) {
  for (size_t i = 0; i < program_.stepScalars.size(); i++) lane_.scalars[program_.stepScalars[i]] = stepScalars[i];
  double result = 0;
  for (const Op& op : program_.update) {
    if (op.kind == Kind::globalNorm) {
      const double value = norm(op, scalar(op.scalar[0]));
      *at(op.out[0], 0) = float(value);
      if (op.out[0] == program_.norm) result = value;
    } else {
      optimise(op);
    }
  }
  std::fill_n(lane_.memory.data() + program_.gradientOffset, program_.gradientFloats, 0.f);
  return result;
}

double Executor::measure() {
  double result = 0;
  for (const Op& op : program_.update)
    if (op.kind == Kind::globalNorm && op.out[0] == program_.norm) result = norm(op, 1);
  std::fill_n(lane_.memory.data() + program_.gradientOffset, program_.gradientFloats, 0.f);
  return result;
}

void Executor::optimise(const Op& op) {
  const auto value = [&](int slot) { return scalar(op.scalar[slot]); };
  const long n = padded(width(program_, op.kind == Kind::average ? op.in[0] : op.out[0]));
  if (op.kind == Kind::average) {
    const double decay = value(0);
    return kernels_.average(float(decay), float(1 - decay), n, at(op.in[0], 0), at(op.out[0], 0));
  }
  // Scalars 0-5 are the same for all optimisers: gradScale, clip, eta, etaMultiplier, decay, decayMultiplier.
  const double norm = *at(op.in[1], 0), clip = value(1);
  const double factor = clip / (norm + 1e-6);
  Scaled s{};
  s.gradient = float(value(0) * (factor < 1 ? factor : 1));
  if (norm != norm) s.gradient = float(norm);  // a broken gradient is not clipped into a sound one
  s.keep = float(1 - value(4) * value(5));
  s.step = float(value(2) * value(3));
  s.beta1 = float(value(6));
  s.complement1 = float(1 - value(6));
  if (op.kind == Kind::adamw) {
    s.beta2 = float(value(7));
    s.complement2 = float(1 - value(7));
    s.eps = float(value(8));
    s.step = float(value(2) * value(3) / value(9));
    s.rootCorrection2 = float(1 / std::sqrt(value(10)));
    return kernels_.adamw(s, n, at(op.in[0], 0), at(op.out[0], 0), at(op.out[1], 0), at(op.out[2], 0));
  }
  const auto rule = op.kind == Kind::sgd ? kernels_.sgd : kernels_.signum;
  rule(s, n, at(op.in[0], 0), at(op.out[0], 0), at(op.out[1], 0));
}

}  // namespace tt
