// Zeroed, aligned float memory. Large pieces come straight from the kernel: they ask for huge pages, which spare strided
// passes their TLB misses, and go back the moment they are freed.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#if defined(__unix__) || defined(__APPLE__)
#define TT_MMAP
#include <sys/mman.h>
#endif

namespace tt {

class Floats {
 public:
  Floats() = default;
  explicit Floats(size_t count) : count_(count) {
    if (count == 0) return;
    alignment_ = bytes() >= kHuge ? kHuge : kLine;
    const size_t size = reserved();
#if defined(TT_MMAP)
    if (alignment_ == kHuge) {
      block_ = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (block_ == MAP_FAILED) {
        block_ = nullptr;
        throw std::bad_alloc();
      }
#if defined(MADV_HUGEPAGE)
      madvise(block_, size, MADV_HUGEPAGE);
#endif
      return;
    }
#endif
    block_ = std::calloc(size, 1);
    if (!block_) throw std::bad_alloc();
  }
  Floats(Floats&& other) noexcept { swap(other); }
  Floats& operator=(Floats&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Floats() {
#if defined(TT_MMAP)
    if (block_ && alignment_ == kHuge) {
      munmap(block_, reserved());
      return;
    }
#endif
    std::free(block_);
  }

  float* data() const {
    const auto start = reinterpret_cast<uintptr_t>(block_);
    return reinterpret_cast<float*>((start + alignment_ - 1) / alignment_ * alignment_);
  }
  size_t bytes() const { return count_ * sizeof(float); }

 private:
  static constexpr size_t kLine = 64, kHuge = size_t{1} << 21;
  size_t reserved() const { return bytes() + alignment_; }  ///< room to align within
  void swap(Floats& other) {
    std::swap(block_, other.block_);
    std::swap(count_, other.count_);
    std::swap(alignment_, other.alignment_);
  }

  void* block_ = nullptr;
  size_t count_ = 0, alignment_ = kLine;
};

}  // namespace tt
