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
/* The lowest byte of every number of an array comes first, then the next one of each. */
const unpackedArrays = async (text, places) => {
  const packedBytes = new Uint8Array(await unpacked(text));
  const together = ([name, [type, start, length]]) => {
    const numbers = new ARRAYS[type](length);
    const [bytes, size] = [new Uint8Array(numbers.buffer), numbers.BYTES_PER_ELEMENT];
    for (let at = 0; at < length * size; at++) {
      bytes[(at % length) * size + Math.floor(at / length)] = packedBytes[start + at];
    }
    return [name, numbers];
  };
  return Object.fromEntries(Object.entries(places).map(together));
};
