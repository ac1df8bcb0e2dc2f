;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; Branches that jump over as much code as they can.
(module (func (export "run") (local i32)
  (loop $again
    (block $a (block $b (block $c
      (br_if $c (i32.const 1))
      (local.set 0 (i32.const 1)))
      (br_if $b (i32.const 1)))
      (br_if $a (i32.const 1)))
    (if (i32.const 0) (then (unreachable)) (else (br $again))))))
