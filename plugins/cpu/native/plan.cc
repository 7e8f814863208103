#include "plan.h"

namespace tt {

namespace {

struct Reader {
  const int32_t* integers;
  const int32_t* integersEnd;
  const double* reals;
  const double* realsEnd;
  bool broken = false;

  int32_t integer() { return integers < integersEnd ? *integers++ : (broken = true, 0); }
  double real() { return reals < realsEnd ? *reals++ : (broken = true, 0.0); }
  std::vector<int32_t> list() {
    const int32_t count = integer();
    if (count < 0 || count > integersEnd - integers) return broken = true, std::vector<int32_t>{};
    std::vector<int32_t> values(integers, integers + count);
    integers += count;
    return values;
  }
};

Buffer readBuffer(Reader& r) {
  Buffer b{};
  b.storage = Storage(r.integer());
  b.perToken = r.integer() != 0;
  b.kept = r.integer() != 0;
  b.width = r.integer();
  b.offset = int64_t(r.real());
  return b;
}

Op readOp(Reader& r) {
  Op op{};
  op.kind = Kind(r.integer());
  op.accumulate = uint32_t(r.integer());
  op.in = r.list();
  op.out = r.list();
  op.scalar = r.list();
  op.attribute[0] = r.real();
  op.attribute[1] = r.real();
  const int32_t constants = r.integer();
  if (constants < 0 || constants > r.realsEnd - r.reals) return r.broken = true, op;
  for (int32_t i = 0; i < constants; i++) op.constants.push_back(float(r.real()));
  return op;
}

}  // namespace

bool readPlan(const int32_t* integers, std::size_t integerCount, const double* reals, std::size_t realCount, Program& p) {
  Reader r{integers, integers + integerCount, reals, reals + realCount};
  p.sequence = r.integer();
  p.blockSequences = r.integer();
  p.microBatch = r.integer();
  p.stride = r.integer();
  p.scalarCount = r.integer();
  p.gradLoss = r.integer();
  p.evaluateLoss = r.integer();
  p.norm = r.integer();
  p.parameterFloats = int64_t(r.real());
  p.gradientOffset = int64_t(r.real());
  p.gradientFloats = int64_t(r.real());
  p.laneFloats = int64_t(r.real());
  p.workspaceFloats = int64_t(r.real());
  p.stepScalars = r.list();
  for (int32_t n = r.integer(); n > 0 && !r.broken; n--) p.averages.push_back(r.list());
  for (int32_t n = r.integer(); n > 0 && !r.broken; n--) p.buffers.push_back(readBuffer(r));
  for (auto* ops : {&p.grad, &p.update, &p.evaluate})
    for (int32_t n = r.integer(); n > 0 && !r.broken; n--) ops->push_back(readOp(r));
  return !r.broken && r.integers == r.integersEnd && r.reals == r.realsEnd;
}

}  // namespace tt
