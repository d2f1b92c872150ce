/* What was packed by gzip in base64. */
const unpacked = async (text) => {
  const bytes = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
};
const ARRAYS = {
  uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, int32: Int32Array,
  float32: Float32Array, float64: Float64Array,
};
const unpackedArrays = async (text, places) => {
  const buffer = await unpacked(text);
  return Object.fromEntries(
    Object.entries(places).map(([name, [type, start, length]]) => [name, new ARRAYS[type](buffer, start, length)]),
  );
};
