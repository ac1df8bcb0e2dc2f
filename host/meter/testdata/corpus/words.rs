// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//! Counts words: the guest of the differential test, in Rust. Built with
//!
//!     rustc --edition 2021 --target wasm32-unknown-unknown --crate-type cdylib -C opt-level=s -C panic=abort -C lto -C strip=symbols -o words_rust.wasm words.rs

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::hash::BuildHasherDefault;

#[no_mangle]
pub extern "C" fn alloc(n: usize) -> *mut u8 {
    Vec::with_capacity(n).leak().as_mut_ptr()
}

fn fibonacci(n: u32) -> u32 {
    if n < 2 {
        return n;
    }
    fibonacci(n - 1) + fibonacci(n - 2)
}

fn count(text: &str, out: &mut String) -> std::fmt::Result {
    let mut words: HashMap<&str, i64, BuildHasherDefault<DefaultHasher>> = HashMap::default();
    for word in text.split(' ') {
        *words.entry(word).or_default() += 1;
    }
    let sorted: BTreeMap<_, _> = words.iter().map(|(word, n)| ((-n, word), n)).collect();
    for ((_, word), n) in &sorted {
        writeln!(out, "{}={}", word, n)?;
    }
    let mean = text.len() as f64 / words.len() as f64;
    write!(out, "mean {:.6}, {}", mean, fibonacci(words.len() as u32 % 20))
}

#[no_mangle]
pub extern "C" fn run(address: *const u8, n: usize) -> u64 {
    let mut out = String::new();
    match std::str::from_utf8(unsafe { std::slice::from_raw_parts(address, n) }) {
        Err(e) => write!(out, "error: {}", e).unwrap(),
        Ok(text) => count(text, &mut out).unwrap(),
    }
    let bytes = out.into_bytes().leak();
    (bytes.as_ptr() as u64) << 32 | bytes.len() as u64
}
