// How large the worker's own memory is. This module is evaluated before the worker, and so sees it being made.

const { Instance } = WebAssembly;
let memory;

WebAssembly.Instance = class extends Instance {
  constructor(...values) {
    super(...values);
    memory = this.exports.memory;
  }
};

/** In bytes; it never becomes less. */
export const memorySize = () => memory.buffer.byteLength;
