#define TT_AVX2
#define TT_TABLE avx2Kernels
#include "kernels.inc"
