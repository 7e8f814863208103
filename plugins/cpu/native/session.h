// An executable: one program, several lanes, and the work of a chunk spread over threads.
#pragma once
#include <atomic>
#include <functional>
#include <memory>

#include "executor.h"

namespace tt {

/// One call of a chunk; `tokens` and `numbers` point into the job's copies.
struct Call {
  enum Program : int32_t { grad, update, measure, evaluate } program;
  int32_t sequences;
  int32_t average;           ///< evaluate: which average, or -1
  const int32_t* tokens;     ///< [lanes][sequences][S + 1]
  const double* numbers;     ///< update: [lanes][step scalars]; evaluate: corrections [lanes]
  int64_t results;           ///< where its results begin
};

struct Job {
  std::vector<int32_t> tokens;
  std::vector<double> numbers;
  std::vector<Call> calls;
  std::vector<int32_t> lanes;  ///< the active ones
  std::vector<double> results;
};

class Session {
 public:
  Session(const Kernels& kernels, Program program, int lanes, int threads);

  const Program& program() const { return program_; }
  int lanes() const { return int(lanes_.size()); }
  Lane& lane(int index) { return lanes_[index]; }
  int64_t bytes() const { return bytes_; }

  /// Lanes are independent, so each is worked through start to end by whichever thread takes it.
  /// Returns at once; `done` is called from the last thread to finish. `self` keeps the session alive until then.
  static void start(std::shared_ptr<Session> self, std::shared_ptr<Job> job, std::function<void()> done);

  /// Buffer of a lane in the caller's order: row by row for activations.
  void read(int lane, int buffer, float* values) const;
  int64_t readCount(int lane, int buffer) const;

 private:
  void work(Job& job, int lane, Workspace& workspace);

  const Kernels& kernels_;
  Program program_;
  std::vector<Lane> lanes_;
  std::vector<Workspace> workspaces_;  ///< one a thread
  int64_t bytes_ = 0;
};

}  // namespace tt
