// Which kernels this machine can run.
#pragma once
#include <string>

#include "kernels.h"

namespace tt {

inline bool supports(const std::string& isa) {
  if (isa == "portable") return true;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (isa == "avx2") return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (isa == "avx512")
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
#endif
  return false;
}

/// Kernels of an instruction set that `supports` has confirmed.
inline const Kernels& kernelsFor(const std::string& isa) {
#if defined(__x86_64__)
  if (isa == "avx512") return avx512Kernels;
  if (isa == "avx2") return avx2Kernels;
#endif
  (void)isa;
  return portableKernels;
}

}  // namespace tt
