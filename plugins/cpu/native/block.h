// How the tokens of a block lie in memory.
//
// A block is a fixed number of whole sequences; `grad` and `evaluate` work through a call block by block, so only one
// block's activations exist at a time, and the gradient is the left-to-right sum of the blocks' gradients.
//
// An activation with `f` numbers a token is stored feature by feature: f rows of `stride` floats, one column a token.
// Then every reduction over features (norm, softmax over the vocabulary) runs down the columns with no horizontal
// step. Columns from `tokens` to `columns` are padding; they hold finite numbers going forward and zeros going back.
#pragma once

namespace tt {

struct Block {
  int tokens;
  int columns;   ///< tokens rounded up to a multiple of 16
  int stride;    ///< floats from one feature to the next
  int sequence;  ///< tokens in a sequence
};

constexpr int kAlign = 16;
constexpr int padded(int n) { return (n + kAlign - 1) / kAlign * kAlign; }

// What the kernels cut their work into; scratch is sized by these.
constexpr int kDepth = 256;  ///< terms of a slice of a product: 256 x 64 of B stay in the nearest caches
constexpr int kGroup = 192;  ///< rows of A that meet all of a slice of B before the next rows do
constexpr int kPack = kDepth * kGroup;
constexpr int kTurn = 64;     ///< input features of a weight gradient that are turned token by token at a time
constexpr int kQueries = 32;  ///< queries that attention works on at a time

}  // namespace tt
