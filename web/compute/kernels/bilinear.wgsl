// One invocation per pixel. Its four reads are shared with its neighbours through the texture cache, so the write alone limits the speed.
// The sampler's own filter would average straight alpha, and its fractions have only 8 bits.
@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let position = vec2i(id.xy);
  let source_size = vec2i(textureDimensions(source));
  let result_size = vec2i(textureDimensions(result));
  if (any(position >= result_size)) {
    return;
  }
  let s = sample_at(position, source_size, result_size);
  let top = mix(source_at(s.base, source_size), source_at(s.base + vec2i(1, 0), source_size), s.fraction.x);
  let bottom = mix(source_at(s.base + vec2i(0, 1), source_size), source_at(s.base + vec2i(1, 1), source_size), s.fraction.x);
  store(position, mix(top, bottom, s.fraction.y));
}
