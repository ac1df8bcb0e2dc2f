;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A guest that looks for what WASI could give it: a directory, a file, a socket.
;; Its outcome is retry with a message of one character per question: a space plus the errno.
(module
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $sock_accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_shutdown" (func $sock_shutdown (param i32 i32) (result i32)))
  (memory (export "memory") 3)
  (func (export "wcm_abi_v1"))
  ;; One buffer for every message: each call is over before the next begins.
  (func (export "wcm_alloc") (param i32) (result i32) (i32.const 65536))
  ;; A Description: plugin and controller "minimal", for v1/pods.
  (data (i32.const 1024) "\0a\07minimal\12\011\1a\03wat*5\12\02v1\1a\04pods\22\03Pod*\1a\08\09\1a\16\08\09\1a\08\08\04*\04name*\08metadata0\c6\d3\8a\a5\e1\cc\86\e8f2\0d\0a\07minimal\12\02\10\01")
  (func (export "wcm_describe") (result i64) (i64.const 0x400_00000057))
  (data (i32.const 2048) "\08\01\1a\05.....")
  (data (i32.const 4096) "/etc/passwd")
  (func $answer (param $question i32) (param $errno i32)
    (i32.store8 offset=2052 (local.get $question) (i32.add (local.get $errno) (i32.const 32))))
  (func (export "wcm_reconcile") (param i32 i32) (result i64)
    (call $answer (i32.const 0) (call $fd_prestat_get (i32.const 3) (i32.const 8192)))
    (call $answer (i32.const 1) (call $path_open (i32.const 3) (i32.const 0) (i32.const 4096) (i32.const 11)
      (i32.const 0) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 8192)))
    (call $answer (i32.const 2) (call $fd_read (i32.const 3) (i32.const 8192) (i32.const 0) (i32.const 8192)))
    (call $answer (i32.const 3) (call $sock_accept (i32.const 3) (i32.const 0) (i32.const 8192)))
    (call $answer (i32.const 4) (call $sock_shutdown (i32.const 3) (i32.const 0)))
    (i64.const 0x800_00000009))
)
