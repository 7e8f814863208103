#include "session.h"

#include <algorithm>
#include <thread>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace tt {

namespace {

/// Denormals become zero: Adam's second moments are full of them, and each costs a hundred cycles on some machines.
void flushDenormals() {
#if defined(__SSE2__)
  _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
}

}  // namespace

Session::Session(const Kernels& kernels, Program program, int lanes, int threads)
    : kernels_(kernels), program_(std::move(program)) {
  for (int i = 0; i < lanes; i++)
    lanes_.push_back({Floats(size_t(program_.laneFloats)), std::vector<double>(size_t(program_.scalarCount), 0.0),
                      std::vector<int>(program_.buffers.size(), 0)});
  for (int i = 0; i < std::min(threads, lanes); i++) workspaces_.push_back(makeWorkspace(program_));
  for (const Lane& lane : lanes_) bytes_ += int64_t(lane.memory.bytes());
  for (const Workspace& w : workspaces_)
    bytes_ += int64_t(w.activations.bytes() + w.scratch.bytes() + w.averaged.bytes());
}

void Session::work(Job& job, int index, Workspace& workspace) {
  Executor executor(kernels_, program_, lanes_[index], workspace);
  const int64_t row = program_.sequence + 1;
  for (const Call& call : job.calls) {
    const bool losses = call.program == Call::grad || call.program == Call::evaluate;
    double* results = job.results.data() + call.results + int64_t(index) * (losses ? call.sequences : 1);
    const int32_t* tokens = call.tokens + index * call.sequences * row;
    switch (call.program) {
      case Call::grad: executor.grad(tokens, call.sequences, results); break;
      case Call::evaluate: {
        const double correction = call.average < 0 ? 1 : call.numbers[index];
        executor.evaluate(tokens, call.sequences, call.average, correction, results);
        break;
      }
      case Call::update: *results = executor.update(call.numbers + index * program_.stepScalars.size()); break;
      case Call::measure: *results = executor.measure(); break;
    }
  }
}

void Session::start(std::shared_ptr<Session> self, std::shared_ptr<Job> job, std::function<void()> done) {
  struct Shared {
    std::shared_ptr<Session> session;
    std::shared_ptr<Job> job;
    std::function<void()> done;
    std::atomic<int> next{0}, running{0};
  };
  const int threads = std::max(1, int(std::min(self->workspaces_.size(), job->lanes.size())));
  auto shared = std::make_shared<Shared>();
  shared->session = std::move(self);
  shared->job = std::move(job);
  shared->done = std::move(done);
  shared->running = threads;
  for (int t = 0; t < threads; t++)
    std::thread([shared, t] {
      flushDenormals();
      const auto& lanes = shared->job->lanes;
      for (size_t i; (i = size_t(shared->next++)) < lanes.size();)
        shared->session->work(*shared->job, lanes[i], shared->session->workspaces_[t]);
      if (--shared->running == 0) shared->done();
    }).detach();
}

int64_t Session::readCount(int lane, int buffer) const {
  const Buffer& b = program_.buffers[buffer];
  return b.perToken ? int64_t(b.width) * lanes_[lane].keptTokens[buffer] : b.width;
}

void Session::read(int lane, int buffer, float* values) const {
  const Buffer& b = program_.buffers[buffer];
  const float* from = lanes_[lane].memory.data() + b.offset;
  if (!b.perToken) {
    std::copy_n(from, b.width, values);
    return;
  }
  const int tokens = lanes_[lane].keptTokens[buffer], blockTokens = program_.blockTokens();
  for (int t = 0; t < tokens; t++) {
    const float* block = from + int64_t(t / blockTokens) * b.width * program_.stride;
    for (int f = 0; f < b.width; f++) values[int64_t(t) * b.width + f] = block[f * int64_t(program_.stride) + t % blockTokens];
  }
}

}  // namespace tt
