// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Counts words: the guest of the differential test, in AssemblyScript. Built
// with
//
//	asc words.ts -O3s --runtime incremental --use abort= --exportStart _initialize -o words_assemblyscript.wasm

export function alloc(n: i32): usize {
  return heap.alloc(n);
}

export function run(address: usize, n: i32): u64 {
  const text = String.UTF8.decodeUnsafe(address, n);
  const words = new Map<string, i32>();
  const list = text.split(" ");
  for (let i = 0; i < list.length; i++) {
    const word = list[i];
    words.set(word, (words.has(word) ? words.get(word) : 0) + 1);
  }
  const keys = words.keys();
  keys.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  let out = "";
  for (let i = 0; i < keys.length; i++) {
    out += keys[i] + "=" + words.get(keys[i]).toString() + "\n";
  }
  out += "mean " + (f64(text.length) / f64(keys.length)).toString();
  const bytes = String.UTF8.encode(out);
  const length = bytes.byteLength;
  const result = heap.alloc(length);
  memory.copy(result, changetype<usize>(bytes), length);
  return ((result as u64) << 32) | length;
}
