#define TT_AVX512
#define TT_TABLE avx512Kernels
#include "kernels.inc"
