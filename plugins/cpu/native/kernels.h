// The table of kernels: one per instruction set, chosen when a device is made.
// Slots are named as in the specification of the operations; a null pointer is an absent slot.
#pragma once
#include "block.h"

namespace tt {

struct Scaled {  ///< what an optimiser needs besides its tensors, computed in double by the caller
  float gradient;  ///< gradScale times the clip factor
  float keep;      ///< 1 - decay * decayMultiplier
  float step;      ///< eta * etaMultiplier (adamw: divided by correction1)
  float beta1, beta2;
  float complement1, complement2;  ///< 1 - beta
  float rootCorrection2;           ///< 1 / sqrt(correction2)
  float eps;
};

struct Kernels {
  void (*embed)(const Block&, const int* ids, int d, float scale, const float* table, const float* positions, float* y,
                float* scratch);
  void (*embedBackward)(const Block&, const int* ids, int d, float scale, const float* dy, float* dtable,
                        float* dpositions, float* scratch);
  void (*norm)(const Block&, int d, float eps, const float* x, const float* gain, const float* bias, float* y,
               float* stats);
  void (*normBackward)(const Block&, int d, const float* dy, const float* x, const float* stats, const float* gain,
                       float* dx, bool accumulate, float* dgain, float* dbias, float* scratch);
  void (*linear)(const Block&, int in, int out, float scale, const float* x, const float* weight, const float* bias,
                 const float* residual, float* y);
  void (*linearBackward)(const Block&, int in, int out, float scale, const float* dy, const float* x,
                         const float* weight, float* dx, bool accumulate, float* dweight, float* dbias, float* scratch);
  void (*gelu)(const Block&, int f, const float* x, float* y);
  void (*geluBackward)(const Block&, int f, const float* dy, const float* x, float* dx, bool accumulate);
  void (*rotate)(const Block&, int d, int heads, const float* cosine, const float* sine, bool inverse, const float* x,
                 float* y, bool accumulate);
  void (*copy)(const Block&, int f, const float* x, float* y, bool accumulate);
  void (*attention)(const Block&, int d, int heads, const float* slopes, float scale, const float* qkv, float* y,
                    float* lse, float* scratch);
  void (*attentionBackward)(const Block&, int d, int heads, const float* slopes, float scale, const float* dy,
                            const float* qkv, const float* y, const float* lse, float* dqkv, bool accumulate,
                            float* scratch);
  void (*crossEntropy)(const Block&, int vocabulary, const int* targets, const float* logits, float* loss, float* lse);
  void (*crossEntropyBackward)(const Block&, int vocabulary, const int* targets, const float* logits, const float* lse,
                               float* dlogits, bool accumulate);
  double (*squares)(const float* x, long n);  ///< sum of squares, in double
  void (*adamw)(const Scaled&, long n, const float* gradient, float* parameter, float* m, float* v);
  void (*sgd)(const Scaled&, long n, const float* gradient, float* parameter, float* momentum);
  void (*signum)(const Scaled&, long n, const float* gradient, float* parameter, float* momentum);
  void (*average)(float decay, float complement, long n, const float* parameter, float* average);
  void (*correct)(double correction, long n, const float* average, float* parameter);
};

/// Floats of scratch the kernels above may use for the given sizes.
long embedScratch(int d);
long normScratch(int d);
long linearScratch(const Block&, int out);
long attentionScratch(const Block&, int d, int heads);

extern const Kernels portableKernels;
#if defined(__x86_64__)
extern const Kernels avx2Kernels;
extern const Kernels avx512Kernels;
#endif

}  // namespace tt
