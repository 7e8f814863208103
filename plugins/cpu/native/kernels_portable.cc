#define TT_TABLE portableKernels
#include "kernels.inc"
