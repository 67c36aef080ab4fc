// The input of upscaling kernels. `source_texture` is `texture_2d<f32>` or `texture_external`, and `premultiplied_at` fits it, so that the
// algorithms are written once. Sizes come from the textures: no uniforms are needed.
@group(0) @binding(0) var source: source_texture;

// Colours are filtered premultiplied, so that the colours of invisible pixels do not bleed.
fn source_at(position: vec2i, size: vec2i) -> vec4f {
  return premultiplied_at(clamp(position, vec2i(0), size - 1));
}
