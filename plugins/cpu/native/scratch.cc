// Scratch sizes, the same for every instruction set; see the kernels for what lies where.
#include "kernels.h"

namespace tt {

long embedScratch(int d) { return long(kAlign) * padded(d); }

long normScratch(int d) { return 2L * d * kAlign; }

long linearScratch(const Block& block, int out) {
  const long turned = long(block.columns) * kTurn + long(out) * kAlign;
  return turned > kPack ? turned : kPack;
}

long attentionScratch(const Block& block, int d, int heads) {
  const long columns = padded(block.sequence), e = d / heads;
  return 2 * columns * kQueries + 4 * columns * padded(int(e)) + (8 * e + 1) * columns;
}

}  // namespace tt
