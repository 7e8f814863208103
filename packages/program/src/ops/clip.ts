/**
 * The factor from a summed gradient to the one the optimiser sees: `gradScale`, then clipping to a global norm
 * of at most `clip` (Pascanu et al. 2013), with the 1e-6 of PyTorch's `clip_grad_norm_`; Infinity turns clipping off.
 */
export const gradientFactor = (gradScale: number, clip: number, norm: number): number =>
  clip === Number.POSITIVE_INFINITY ? gradScale : gradScale * Math.min(1, clip / (norm + 1e-6))
