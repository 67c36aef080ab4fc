// The output of upscaling kernels.
@group(0) @binding(1) var result: texture_storage_2d<rgba8unorm, write>;

// Converts to straight alpha. Below a tenth of an 8-bit step the colour is noise.
fn store(position: vec2i, premultiplied: vec4f) {
  let alpha = premultiplied.a;
  let rgb = select(vec3f(0), premultiplied.rgb / max(alpha, 1e-6), alpha > 1.0 / 2550.0);
  textureStore(result, position, vec4f(clamp(rgb, vec3f(0), vec3f(1)), clamp(alpha, 0.0, 1.0)));
}
