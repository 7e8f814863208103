// The Node-API surface: `supports`, `calibrate` and the class `Session`. Everything is checked on the TypeScript side
// (src/executable.ts); nothing here is public.
#include <napi.h>

#include "calibrate.h"
#include "isa.h"
#include "plan.h"
#include "session.h"

namespace {

using tt::Job;
using tt::Session;

Napi::Value fail(Napi::Env env, const std::string& message) {
  Napi::Error::New(env, message).ThrowAsJavaScriptException();
  return env.Undefined();
}

/// Carries the result of a job back to the event loop.
struct Delivery {
  Napi::Promise::Deferred deferred;
  Napi::ThreadSafeFunction wake;
  std::shared_ptr<Job> job;
};

void deliver(Napi::Env env, Napi::Function, Delivery* delivery) {
  if (env != nullptr) {  // null while the environment is being torn down
    const auto& results = delivery->job->results;
    Napi::Float64Array values = Napi::Float64Array::New(env, results.size());
    std::copy(results.begin(), results.end(), values.Data());
    delivery->deferred.Resolve(values);
  }
  delete delivery;
}

class SessionWrap : public Napi::ObjectWrap<SessionWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Session",
                       {InstanceAccessor<&SessionWrap::bytes>("bytes"), InstanceMethod<&SessionWrap::setScalar>("setScalar"),
                        InstanceMethod<&SessionWrap::write>("write"), InstanceMethod<&SessionWrap::read>("read"),
                        InstanceMethod<&SessionWrap::run>("run"), InstanceMethod<&SessionWrap::dispose>("dispose")});
  }

  /// (isa, integers, reals, lanes, threads)
  explicit SessionWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SessionWrap>(info) {
    const auto env = info.Env();
    const std::string isa = info[0].As<Napi::String>();
    const auto integers = info[1].As<Napi::Int32Array>();
    const auto reals = info[2].As<Napi::Float64Array>();
    tt::Program program{};
    if (!tt::readPlan(integers.Data(), integers.ElementLength(), reals.Data(), reals.ElementLength(), program)) {
      fail(env, "the native addon and its TypeScript side are of different versions; build the addon again");
      return;
    }
    try {
      session_ = std::make_shared<Session>(tt::kernelsFor(isa), std::move(program), info[3].As<Napi::Number>().Int32Value(),
                                           info[4].As<Napi::Number>().Int32Value());
    } catch (const std::bad_alloc&) {
      fail(env, "out of memory");
      return;
    }
    Napi::MemoryManagement::AdjustExternalMemory(env, session_->bytes());
  }

  void Finalize(Napi::BasicEnv env) override { release(env); }

 private:
  void release(Napi::BasicEnv env) {
    if (!session_) return;
    Napi::MemoryManagement::AdjustExternalMemory(env, -session_->bytes());
    session_.reset();  // a job under way holds on to it until it ends
  }

  Napi::Value dispose(const Napi::CallbackInfo& info) { return release(info.Env()), info.Env().Undefined(); }

  Napi::Value bytes(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), session_ ? double(session_->bytes()) : 0);
  }

  /// (lane, scalar, value)
  Napi::Value setScalar(const Napi::CallbackInfo& info) {
    session_->lane(info[0].As<Napi::Number>().Int32Value()).scalars[info[1].As<Napi::Number>().Uint32Value()] =
        info[2].As<Napi::Number>().DoubleValue();
    return info.Env().Undefined();
  }

  /// (lane, buffer, Float32Array of the buffer's size)
  Napi::Value write(const Napi::CallbackInfo& info) {
    const auto values = info[2].As<Napi::Float32Array>();
    const auto& buffer = session_->program().buffers[info[1].As<Napi::Number>().Uint32Value()];
    if (values.ElementLength() != size_t(buffer.width)) return fail(info.Env(), "wrong number of values");
    float* to = session_->lane(info[0].As<Napi::Number>().Int32Value()).memory.data() + buffer.offset;
    std::copy_n(values.Data(), buffer.width, to);
    return info.Env().Undefined();
  }

  /// (lane, buffer) -> Float32Array
  Napi::Value read(const Napi::CallbackInfo& info) {
    const int lane = info[0].As<Napi::Number>().Int32Value(), buffer = info[1].As<Napi::Number>().Int32Value();
    auto values = Napi::Float32Array::New(info.Env(), size_t(session_->readCount(lane, buffer)));
    session_->read(lane, buffer, values.Data());
    return values;
  }

  /// (calls: Int32Array of [program, sequences, average] each, tokens, numbers, active lanes) -> Promise<Float64Array>
  Napi::Value run(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto header = info[0].As<Napi::Int32Array>();
    const auto tokens = info[1].As<Napi::Int32Array>();
    const auto numbers = info[2].As<Napi::Float64Array>();
    const auto lanes = info[3].As<Napi::Int32Array>();
    auto job = std::make_shared<Job>();
    job->tokens.assign(tokens.Data(), tokens.Data() + tokens.ElementLength());
    job->numbers.assign(numbers.Data(), numbers.Data() + numbers.ElementLength());
    job->lanes.assign(lanes.Data(), lanes.Data() + lanes.ElementLength());
    const int64_t all = session_->lanes(), row = session_->program().sequence + 1;
    int64_t token = 0, number = 0, result = 0;
    for (size_t i = 0; i + 2 < header.ElementLength(); i += 3) {
      const auto program = tt::Call::Program(header[i]);
      const int32_t sequences = header[i + 1], average = header[i + 2];
      job->calls.push_back({program, sequences, average, job->tokens.data() + token, job->numbers.data() + number, result});
      const bool losses = program == tt::Call::grad || program == tt::Call::evaluate;
      if (losses) token += all * sequences * row;
      if (program == tt::Call::update) number += all * int64_t(session_->program().stepScalars.size());
      if (program == tt::Call::evaluate && average >= 0) number += all;
      result += all * (losses ? sequences : 1);
    }
    if (token != int64_t(job->tokens.size()) || number != int64_t(job->numbers.size()))
      return fail(env, "the chunk does not hold what its calls ask for");
    job->results.assign(size_t(result), std::numeric_limits<double>::quiet_NaN());

    auto deferred = Napi::Promise::Deferred::New(env);
    auto wake = Napi::ThreadSafeFunction::New(env, Napi::Function(), "tt-cpu", 0, 1);
    auto* delivery = new Delivery{deferred, wake, job};
    Session::start(session_, job, [delivery, wake]() mutable {
      if (wake.NonBlockingCall(delivery, deliver) == napi_ok) wake.Release();
    });
    return deferred.Promise();
  }

  std::shared_ptr<Session> session_;
};

/// (isa) -> boolean
Napi::Value supports(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), tt::supports(info[0].As<Napi::String>()));
}

/// (isa, seconds) -> FLOP/s
Napi::Value calibrate(const Napi::CallbackInfo& info) {
  const auto& kernels = tt::kernelsFor(info[0].As<Napi::String>());
  return Napi::Number::New(info.Env(), tt::calibrate(kernels, info[1].As<Napi::Number>().DoubleValue()));
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("supports", Napi::Function::New<supports>(env, "supports"));
  exports.Set("calibrate", Napi::Function::New<calibrate>(env, "calibrate"));
  exports.Set("Session", SessionWrap::define(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(cpu, init)
