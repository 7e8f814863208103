/** GFLOP/s of a plain product on an adapter: 4 x 4 elements an invocation, no barriers, sizes in the text. What kernels are held against. */
const SIZE = 512

const code = `
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4<f32>>;
@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = 4u * id.y;
  var s0 = vec4<f32>(); var s1 = vec4<f32>(); var s2 = vec4<f32>(); var s3 = vec4<f32>();
  for (var k = 0u; k < ${SIZE}u; k++) {
    let right = b[k * ${SIZE / 4}u + id.x];
    s0 += a[row * ${SIZE}u + k] * right;
    s1 += a[(row + 1u) * ${SIZE}u + k] * right;
    s2 += a[(row + 2u) * ${SIZE}u + k] * right;
    s3 += a[(row + 3u) * ${SIZE}u + k] * right;
  }
  let at = row * ${SIZE / 4}u + id.x;
  c[at] = s0; c[at + ${SIZE / 4}u] = s1; c[at + ${SIZE / 2}u] = s2; c[at + ${(3 * SIZE) / 4}u] = s3;
}`

const STORAGE = 128

export const productRate = async (adapter: GPUAdapter): Promise<number> => {
  const device = await adapter.requestDevice()
  const pipeline = await device.createComputePipelineAsync({
    layout: "auto",
    compute: { module: device.createShaderModule({ code }), entryPoint: "main" },
  })
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [0, 1, 2].map((binding) => ({
      binding,
      resource: { buffer: device.createBuffer({ size: 4 * SIZE * SIZE, usage: STORAGE }) },
    })),
  })
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < 5; i++) {
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, group)
    pass.dispatchWorkgroups(SIZE / 32, SIZE / 32)
    pass.end()
    const began = performance.now()
    device.queue.submit([encoder.finish()])
    await device.queue.onSubmittedWorkDone()
    best = Math.min(best, performance.now() - began)
  }
  device.destroy()
  return (2 * SIZE ** 3) / best / 1e6
}
