/* What was packed by gzip in base64. No other process has a part in it, so a page that is printed waits for it. */
const unpacked = async (text) => {
  const stream = new DecompressionStream("gzip");
  const [writer, reader] = [stream.writable.getWriter(), stream.readable.getReader()];
  writer.write(Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0)));
  writer.close();
  const parts = [];
  for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((start, part) => (bytes.set(part, start), start + part.length), 0);
  return bytes.buffer;
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
