// Reads the flat plan that src/plan.ts writes.
#pragma once
#include <cstddef>

#include "program.h"

namespace tt {

/// `integers` and `reals` are consumed from start to end; the layout is documented in src/plan.ts.
/// Returns false where the plan does not end where it should: the two sides disagree.
bool readPlan(const int32_t* integers, std::size_t integerCount, const double* reals, std::size_t realCount, Program& program);

}  // namespace tt
