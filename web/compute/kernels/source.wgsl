// What kernels read. `source_texture` is `texture_2d<f32>` or `texture_external`, and `read_texel` is made to fit it: the
// algorithms are written once. Sizes come from the textures, so there are no uniforms to fill or to keep.
@group(0) @binding(0) var source: source_texture;

// Colours are premultiplied while they are filtered: what invisible pixels hold must not bleed.
fn source_at(position: vec2i, size: vec2i) -> vec4f {
  let texel = read_texel(clamp(position, vec2i(0), size - 1));
  return vec4f(texel.rgb * texel.a, texel.a);
}
